"""Batches from a token store of any size: a block of texts is in memory at a time."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.data.batches import TokenizedTexts, budgeted_batches
from pipeline.data.token_store import TokenStore, read_lengths, read_texts

# Texts that lie together in the file and stay together, and texts that are shuffled and sorted together: few enough
# that a block of 512-token texts takes half a gigabyte, many enough that nearly every corpus is one block.
TEXTS_IN_CHUNK = 1024
CHUNKS_IN_BLOCK = 256
HELD_OUT_AT_MOST = 10_000


def draw_held_out(n_texts: int, share: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw rows to hold out, ascending: a share of the texts, at least 1, at most `HELD_OUT_AT_MOST`, never all.

    Of a corpus of more than a block, rows are drawn among texts at even steps: memory does not grow with the corpus.
    """
    n_drawn = min(n_texts, TEXTS_IN_CHUNK * CHUNKS_IN_BLOCK)
    shuffled = rng.permutation(n_drawn)
    n_held_out = min(max(1, round(n_texts * share)), HELD_OUT_AT_MOST, n_texts - 1)
    rows: NDArray[np.int64] = np.sort(shuffled[:n_held_out]) * n_texts // n_drawn
    return rows


def stream_batches(
    store: TokenStore, held_out: NDArray[np.integer], batch_tokens: int, rng: np.random.Generator, skip: int = 0
) -> Iterator[tuple[TokenizedTexts, NDArray[np.integer]]]:
    """Yield batches of at most `batch_tokens` tokens without end: the texts in memory, and the rows of a batch in them.

    Each epoch takes every text that is not held out once. A corpus of more than one block is cut into chunks of
    neighbours; the chunks are shuffled and dealt out to blocks, and a block's texts are batched as
    `budgeted_batches` does. The first `skip` batches are left out without reading their tokens: with the same `rng`
    the rest are those of a stream that was not skipped into.
    """
    while True:
        for rows in _draw_blocks(len(store), rng):
            rows = np.setdiff1d(rows, held_out, assume_unique=True)
            batches = budgeted_batches(read_lengths(store, rows), np.arange(len(rows)), batch_tokens, rng)
            if skip >= len(batches):
                skip -= len(batches)
                continue
            texts = read_texts(store, rows)
            for batch in batches[skip:]:
                yield texts, batch
            skip = 0


def _draw_blocks(n_texts: int, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """Draw the rows of each block of an epoch, ascending within a block."""
    n_chunks = -(-n_texts // TEXTS_IN_CHUNK)
    n_blocks = -(-n_chunks // CHUNKS_IN_BLOCK)
    chunks = rng.permutation(n_chunks) if n_blocks > 1 else np.arange(n_chunks)
    starts = [np.sort(part) * TEXTS_IN_CHUNK for part in np.array_split(chunks, n_blocks)]
    rows = [(start[:, None] + np.arange(TEXTS_IN_CHUNK)).ravel() for start in starts]
    return [block[block < n_texts] for block in rows]
