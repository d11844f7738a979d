"""Tokenised texts in flat arrays, and batches of texts of about the same length."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UserError

# A shuffled pool of this many batches is sorted by length before it is cut: long enough that padding almost vanishes,
# short enough that batches differ from epoch to epoch.
BATCHES_IN_POOL = 32


@dataclass(frozen=True)
class TokenizedTexts:
    """The token ids of N texts, one after the other.

    Attributes:
        token_ids: int32, all texts' ids, special tokens included.
        offsets: int64 [N + 1]; text i is `token_ids[offsets[i]:offsets[i + 1]]`.
        pad_id: the id that fills a batch up.
        word_ids: int32, beside every token the word that it lies in, 0 for none; None where nothing reads them.
    """

    token_ids: NDArray[np.int32]
    offsets: NDArray[np.int64]
    pad_id: int
    word_ids: NDArray[np.int32] | None = None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """Number of tokens of each text, [N]."""
        return np.diff(self.offsets)

    @cached_property
    def longest(self) -> int:
        """Number of tokens of the longest text."""
        return int(self.lengths.max())


def tokenize(tokenizer: Any, texts: Sequence[str], max_length: int) -> TokenizedTexts:
    """Tokenise with a Hugging Face tokenizer; texts longer than `max_length` tokens lose their end."""
    encoded = tokenizer(
        list(texts),
        truncation=True,
        max_length=max_length,
        padding=False,
        return_attention_mask=False,
        return_token_type_ids=False,
    )["input_ids"]
    return pack(encoded, pad_id_of(tokenizer))


def tokenize_chunks(tokenizer: Any, texts: Sequence[str], max_length: int) -> TokenizedTexts:
    """Tokenise whole texts: a text longer than `max_length` tokens becomes several texts, each with special tokens."""
    encoded = tokenizer(
        list(texts),
        truncation=True,
        max_length=max_length,
        padding=False,
        return_overflowing_tokens=True,
        return_attention_mask=False,
        return_token_type_ids=False,
    )["input_ids"]
    return pack(encoded, pad_id_of(tokenizer))


def pad_id_of(tokenizer: Any) -> int:
    """Return the id that fills batches up. Raises UserError where a tokenizer has none, as many causal models' have."""
    if tokenizer.pad_token_id is None:
        raise UserError(
            f"{tokenizer.name_or_path}: the tokenizer has no pad token; name one in tokenizer_config.json, as in "
            '"pad_token": "<|endoftext|>"'
        )
    return int(tokenizer.pad_token_id)


def pack(sequences: Sequence[Sequence[int]], pad_id: int) -> TokenizedTexts:
    """Pack sequences of token ids one after the other into `TokenizedTexts`."""
    offsets = np.zeros(len(sequences) + 1, dtype=np.int64)
    np.cumsum([len(sequence) for sequence in sequences], out=offsets[1:])
    token_ids = np.fromiter((i for sequence in sequences for i in sequence), dtype=np.int32, count=int(offsets[-1]))
    return TokenizedTexts(token_ids, offsets, pad_id)


def pad_batch(
    texts: TokenizedTexts, rows: NDArray[np.integer], multiple: int = 1
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the texts `rows` [B] as input_ids and attention_mask [B, T], padded to the longest text among them.

    T is the next multiple of `multiple`, or the length of the longest of all texts where that is less: an encoder may
    have no more positions.
    """
    lengths = texts.lengths[rows]
    width = int(lengths.max())
    width = min(width + -width % multiple, texts.longest)
    mask = np.arange(width) < lengths[:, None]  # [B, T]
    return _lay_out(texts.token_ids, texts.offsets[rows], mask, texts.pad_id), mask.astype(np.int64)


def token_ids_of(texts: TokenizedTexts, rows: NDArray[np.integer]) -> NDArray[np.int32]:
    """Return the different token ids in batches of the texts `rows`, rising: the texts' own and that of padding."""
    is_read = np.zeros(len(texts), dtype=np.bool_)
    is_read[rows] = True
    return np.union1d(texts.token_ids[np.repeat(is_read, texts.lengths)], np.int32(texts.pad_id))


def _lay_out(
    flat: NDArray[np.int32], starts: NDArray[np.int64], mask: NDArray[np.bool_], fill: int
) -> NDArray[np.int64]:
    """Lay out values of `flat` from each of `starts` [B] on where `mask` [B, T] is true, `fill` elsewhere: → [B, T]."""
    values = np.full(mask.shape, fill, dtype=np.int64)
    values[mask] = flat[(starts[:, None] + np.arange(mask.shape[1]))[mask]]
    return values


def classifier_inputs(
    texts: TokenizedTexts, rows: NDArray[np.integer], multiple: int = 1
) -> tuple[NDArray[np.int64], ...]:
    """Return a classifier's inputs of the texts `rows`: `pad_batch`'s arrays and word_ids [B, T], if texts have any."""
    input_ids, mask = pad_batch(texts, rows, multiple)
    if texts.word_ids is None:
        return input_ids, mask
    return input_ids, mask, _lay_out(texts.word_ids, texts.offsets[rows], mask.astype(np.bool_), 0)


def bucketed_batches(
    lengths: NDArray[np.integer], rows: NDArray[np.integer], batch_size: int, rng: np.random.Generator
) -> list[NDArray[np.integer]]:
    """Cut one epoch over `rows`, every row once, into batches of `batch_size` rows of about the same length.

    Shuffles, sorts pools of 32 batches by length, cuts them, and shuffles the batches. The last, smaller batch of the
    epoch is kept. `lengths` are those of all texts, `rows` index them.
    """
    shuffled = rng.permutation(rows)
    pool = batch_size * BATCHES_IN_POOL
    batches: list[NDArray[np.integer]] = []
    for start in range(0, len(shuffled), pool):
        part = shuffled[start : start + pool]
        part = part[np.argsort(lengths[part], kind="stable")]
        batches += [part[i : i + batch_size] for i in range(0, len(part), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def budgeted_batches(
    lengths: NDArray[np.integer], rows: NDArray[np.integer], batch_tokens: int, rng: np.random.Generator | None
) -> list[NDArray[np.integer]]:
    """Cut one pass over `rows`, every row once, into batches of at most `batch_tokens` tokens, padding included.

    Rows are sorted by length (ties shuffled), cut, and the batches shuffled; with `rng` None nothing is shuffled. A
    text longer than the budget is a batch of its own.
    """
    shuffled = rows if rng is None else rng.permutation(rows)
    ordered = shuffled[np.argsort(lengths[shuffled], kind="stable")]
    batches, start = [], 0
    for end in range(1, len(ordered) + 1):
        # Sorted by length, so the next row would set the padded length of the whole batch.
        if end == len(ordered) or lengths[ordered[end]] * (end + 1 - start) > batch_tokens:
            batches.append(ordered[start:end])
            start = end
    return batches if rng is None else [batches[i] for i in rng.permutation(len(batches))]


def load_token_reader(folder: Path, max_length: int) -> Callable[[Sequence[str]], TokenizedTexts]:
    """Return a function from texts to token ids, by the tokenizer in `folder`, cut to `max_length` tokens."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return lambda texts: tokenize(tokenizer, texts, max_length)
