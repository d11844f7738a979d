"""Tokenised texts on disk: written once as a stream, read by rows, so that memory does not grow with the corpus."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.batches import TokenizedTexts, tokenize_chunks

# What is tokenised at a time: so many texts, or so many characters where texts are long.
TEXTS_AT_ONCE, CHARACTERS_AT_ONCE = 1024, 2**19


@dataclass(frozen=True)
class TokenStore:
    """A folder of memory-mapped arrays, as `TokenizedTexts` holds them in memory.

    `token_ids.bin` has the ids, uint16 where the vocabulary allows it and else uint32; `offsets.bin` int64 [N + 1].
    Whatever is read is mapped for that time only: pages of a map that stays open would count as the process's memory.
    """

    folder: Path
    n_texts: int
    dtype: str
    pad_id: int

    def __len__(self) -> int:
        return self.n_texts


def write_token_store(folder: Path, tokenizer: Any, texts: Iterable[str], max_length: int) -> TokenStore:
    """Tokenise a stream of texts into an existing folder; texts of more than `max_length` tokens become several."""
    parts = (tokenize_chunks(tokenizer, part, max_length) for part in _cut(texts))
    return write_tokenized(folder, parts, len(tokenizer), int(tokenizer.pad_token_id))


def write_tokenized(folder: Path, parts: Iterable[TokenizedTexts], vocab_size: int, pad_id: int) -> TokenStore:
    """Write tokenised texts, part after part, into an existing folder."""
    dtype = "uint16" if vocab_size <= 2**16 else "uint32"
    end, n_texts = 0, 0
    with (folder / "token_ids.bin").open("wb") as token_ids, (folder / "offsets.bin").open("wb") as offsets:
        offsets.write(np.zeros(1, dtype=np.int64).tobytes())
        for part in parts:
            token_ids.write(part.token_ids.astype(dtype).tobytes())
            offsets.write((part.offsets[1:] + end).tobytes())
            end += int(part.offsets[-1])
            n_texts += len(part)
    content: dict[str, Any] = {"n_texts": n_texts, "dtype": dtype, "pad_id": pad_id}
    (folder / "store.json").write_text(json.dumps(content), encoding="utf-8")
    return TokenStore(folder, **content)


def open_token_store(folder: Path) -> TokenStore:
    """Open the store that `write_token_store` left in a folder."""
    return TokenStore(folder, **json.loads((folder / "store.json").read_text(encoding="utf-8")))


def read_lengths(store: TokenStore, rows: NDArray[np.integer]) -> NDArray[np.int64]:
    """Read the number of tokens of each of the n texts `rows`: → [n]."""
    offsets = np.memmap(store.folder / "offsets.bin", dtype=np.int64, mode="r")
    return np.asarray(offsets[rows + 1] - offsets[rows])


def read_texts(store: TokenStore, rows: NDArray[np.integer]) -> TokenizedTexts:
    """Read the texts `rows`, which ascend, into memory."""
    offsets = np.memmap(store.folder / "offsets.bin", dtype=np.int64, mode="r")
    lengths = np.asarray(offsets[rows + 1] - offsets[rows])
    own_offsets = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
    token_ids = np.empty(own_offsets[-1], dtype=np.int32)
    if len(token_ids):  # an empty file cannot be mapped
        stored = np.memmap(store.folder / "token_ids.bin", dtype=store.dtype, mode="r")
        for first, last in _runs(rows):
            start, stop = int(offsets[rows[first]]), int(offsets[rows[last] + 1])
            token_ids[own_offsets[first] : own_offsets[last + 1]] = stored[start:stop]
    return TokenizedTexts(token_ids, own_offsets, store.pad_id)


def _cut(texts: Iterable[str]) -> Iterator[list[str]]:
    part: list[str] = []
    n_characters = 0
    for text in texts:
        part.append(text)
        n_characters += len(text)
        if len(part) >= TEXTS_AT_ONCE or n_characters >= CHARACTERS_AT_ONCE:
            yield part
            part, n_characters = [], 0
    if part:
        yield part


def _runs(rows: NDArray[np.integer]) -> Sequence[tuple[int, int]]:
    """Return first and last index of each run of consecutive rows; a run is read in one piece."""
    breaks = np.flatnonzero(np.diff(rows) != 1)
    firsts, lasts = np.concatenate([[0], breaks + 1]), np.concatenate([breaks, [len(rows) - 1]])
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True)) if len(rows) else []
