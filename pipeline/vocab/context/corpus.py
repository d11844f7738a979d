"""A text as numbers: each token's rank by frequency, and which document it stands in."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
import numpy.typing as npt

from pipeline.vocab.counts import BATCH_SIZE
from pipeline.vocab.splits import split_words
from pipeline.vocab.tokenizers import SPACE_MARKERS

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

OTHER = -1  # a token without a rank: too rare, or special


@dataclass(frozen=True)
class Corpus:
    """Documents one after the other. Legend: V ranked tokens, L length of the text.

    Args:
        tokens: the ranked tokens, the most frequent first, equal counts in code point order.
        counts: [V] int64, how often each occurs.
        ids: [L] int32, the rank of each token of the text from 0, OTHER for a token that has none.
        documents: [L] int32, the number of the document that each token of the text stands in, never falling.
    """

    tokens: list[str]
    counts: npt.NDArray[np.int64]
    ids: npt.NDArray[np.int32]
    documents: npt.NDArray[np.int32]


def read_documents(texts: Iterable[str], split: str) -> Iterator[list[str]]:
    """Yield the words of each text, cut by a split of `pipeline.vocab.splits`."""
    return (split_words(text, split) for text in texts)


def tokenize_documents(texts: Iterable[str], tokenizer: "PreTrainedTokenizerBase") -> Iterator[list[str]]:
    """Yield the tokens of each text as a Hugging Face tokenizer cuts it, without space markers that stand alone."""
    names = {i: token for token, i in tokenizer.get_vocab().items()}
    remaining = iter(texts)
    while batch := list(islice(remaining, BATCH_SIZE)):
        encoded = tokenizer(batch, add_special_tokens=False, truncation=False, padding=False, verbose=False)
        for ids in encoded["input_ids"]:
            yield [names[i] for i in ids if names[i] not in SPACE_MARKERS]


def rank_tokens(
    documents: Iterable[Sequence[str]], *, min_count: int, max_tokens: int, without: Sequence[str] = ()
) -> Corpus:
    """Number the tokens of all documents by frequency.

    Tokens that occur less than `min_count` times, tokens past the `max_tokens` most frequent and those in `without`
    get no rank.
    """
    numbers: dict[str, int] = {}
    parts = [np.fromiter((numbers.setdefault(t, len(numbers)) for t in tokens), np.int32) for tokens in documents]
    ids = np.concatenate([np.empty(0, np.int32), *parts])
    names, counts = list(numbers), np.bincount(ids, minlength=len(numbers))
    banned = frozenset(without)
    order = sorted((-int(n), name) for name, n in zip(names, counts, strict=True) if n >= min_count)
    ranking = [numbers[name] for _, name in order if name not in banned][:max_tokens]
    rank_of = np.full(len(names), OTHER, np.int32)
    rank_of[ranking] = np.arange(len(ranking), dtype=np.int32)
    documents_of = np.repeat(np.arange(len(parts), dtype=np.int32), [len(part) for part in parts])
    return Corpus([names[i] for i in ranking], counts[ranking].astype(np.int64), rank_of[ids], documents_of)


def cut_in_halves(corpus: Corpus) -> tuple[Corpus, Corpus]:
    """Share the documents out over two corpora with the same ranks; equal documents come into the same corpus.

    The checksum of a document's tokens decides its half, so neither the order of the documents nor copies
    of a document make the halves alike.
    """
    starts = np.flatnonzero(np.diff(corpus.documents, prepend=-1))
    lengths = np.diff(np.append(starts, len(corpus.ids)))
    odd = [crc32(corpus.ids[start : start + n].tobytes()) % 2 for start, n in zip(starts, lengths, strict=True)]
    side = np.repeat(np.array(odd, dtype=np.int64), lengths)
    first, second = (_select(corpus, side == half) for half in (0, 1))
    return first, second


def _select(corpus: Corpus, is_kept: npt.NDArray[np.bool_]) -> Corpus:
    ids = corpus.ids[is_kept]
    counts = np.bincount(ids[ids != OTHER], minlength=len(corpus.tokens)).astype(np.int64)
    return Corpus(corpus.tokens, counts, ids, corpus.documents[is_kept])
