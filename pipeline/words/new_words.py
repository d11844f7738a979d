"""New words of a corpus, by how its characters hold together and how freely the whole moves.

A string of Chinese characters is a word where its parts occur together much more often than by chance (pointwise
mutual information of its weakest split; Church and Hanks 1990) and where many different characters stand before and
behind it (branching entropy; Jin and Tanaka-Ishii 2006).
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.atomic import write_text

# CJK ideographs: the basic block, extension A, compatibility, and the planes beyond.
HAN = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))


@dataclass(frozen=True)
class NewWord:
    """A word with its count, and its PMI and the smaller of its two branching entropies in bits."""

    word: str
    count: int
    pmi: float
    entropy: float


@dataclass(frozen=True)
class Ngrams:
    """The frequent n-grams of one length.

    Attributes:
        ids: [positions], the n-gram that begins there; -1 where it is not frequent.
        counts: [n-grams].
        first: [n-grams], the first position of each.
    """

    ids: NDArray[np.int64]
    counts: NDArray[np.int64]
    first: NDArray[np.int64]


def find_new_words(
    texts: Sequence[str],
    known: Container[str],
    *,
    min_count: int,
    min_pmi: float,
    min_entropy: float,
    max_length: int,
) -> list[NewWord]:
    """Find words of 2 to `max_length` Chinese characters that are not `known`, most frequent first, then by character.

    A text that repeats counts once. PMI is log2 of N·c(w) / (c(a)·c(b)), the least over all splits w = ab, of N
    characters. Where a text, a mark or a letter bounds the word, that is a neighbour unlike any other.

    n-grams grow by one character at a time out of frequent ones, so time and memory are some 20 bytes a character
    and length, whatever the number of different n-grams.
    """
    text = "\n".join(dict.fromkeys(texts))
    characters, n_characters = _characters(text)
    levels = [_frequent(characters, min_count)]
    while len(levels) < max_length and len(levels[-1].counts):
        levels.append(_longer(levels[-1], min_count))
    found = []
    for length, level in enumerate(levels[1:], 2):
        pmi = _pmi(levels, length, n_characters)
        entropy = np.minimum(_entropy(level, characters, -1), _entropy(level, characters, length))
        for index in np.flatnonzero((pmi >= min_pmi) & (entropy >= min_entropy)):
            word = text[level.first[index] : level.first[index] + length]
            if word not in known:
                found.append(NewWord(word, int(level.counts[index]), float(pmi[index]), float(entropy[index])))
    return sorted(found, key=lambda new: (-new.count, new.word))


def write_new_words(path: Path, words: Sequence[NewWord]) -> None:
    """Write new words as a table for people: tab-separated, with a header, in the given order."""
    lines = [f"{new.word}\t{new.count}\t{new.pmi:.3f}\t{new.entropy:.3f}\n" for new in words]
    write_text(path, "word\tcount\tpmi\tentropy\n" + "".join(lines))


def _characters(text: str) -> tuple[NDArray[np.int64], int]:
    """Number the Chinese character at each position of a text, -1 for anything else: → [positions], their count."""
    codes = np.frombuffer(text.encode("utf-32-le", errors="surrogatepass"), dtype="<u4")
    is_han = np.zeros(len(codes), dtype=bool)
    for low, high in HAN:
        is_han |= (codes >= low) & (codes <= high)
    characters = np.full(len(codes), -1, dtype=np.int64)
    characters[is_han] = np.unique(codes[is_han], return_inverse=True)[1]
    return characters, int(is_han.sum())


def _frequent(keys: NDArray[np.int64], min_count: int) -> Ngrams:
    """Number the keys [positions] that occur `min_count` times or more; a key of -1 stands for no n-gram."""
    positions = np.flatnonzero(keys >= 0)
    _, first, inverse, counts = np.unique(keys[positions], return_index=True, return_inverse=True, return_counts=True)
    kept = counts >= min_count
    number = np.where(kept, np.cumsum(kept) - 1, -1)
    ids = np.full(len(keys), -1, dtype=np.int64)
    ids[positions] = number[inverse]
    return Ngrams(ids, counts[kept], positions[first[kept]])


def _longer(level: Ngrams, min_count: int) -> Ngrams:
    """Find the frequent n-grams one character longer: both n-grams that overlap in a frequent one are frequent too."""
    here, after = level.ids, np.append(level.ids[1:], -1)
    keys = np.where((here >= 0) & (after >= 0), here * len(level.counts) + after, -1)
    return _frequent(keys, min_count)


def _pmi(levels: Sequence[Ngrams], length: int, n_characters: int) -> NDArray[np.float64]:
    """Compute the PMI of every n-gram of a length at its weakest split: → [n-grams], in bits."""
    level = levels[length - 1]
    weakest = np.full(len(level.counts), np.inf)
    for cut in range(1, length):
        head, tail = levels[cut - 1], levels[length - cut - 1]
        parts = np.log2(head.counts[head.ids[level.first]]) + np.log2(tail.counts[tail.ids[level.first + cut]])
        weakest = np.minimum(weakest, np.log2(level.counts) + np.log2(n_characters) - parts)
    return weakest


def _entropy(level: Ngrams, characters: NDArray[np.int64], offset: int) -> NDArray[np.float64]:
    """Compute the entropy of the character at `offset` from the beginning of every n-gram: → [n-grams], in bits.

    With c_x of an n-gram's c neighbours equal to x, the entropy is log2 c - Σ c_x log2 c_x / c; a neighbour unlike any
    other adds 0.
    """
    positions = np.flatnonzero(level.ids >= 0)
    bounded = np.concatenate([[-1], characters, [-1]])
    neighbours, ngrams = bounded[positions + offset + 1], level.ids[positions]
    inside = neighbours >= 0
    n_kinds = int(characters.max(initial=0)) + 1
    pairs, counts = np.unique(ngrams[inside] * n_kinds + neighbours[inside], return_counts=True)
    repeated = np.bincount(pairs // n_kinds, weights=counts * np.log2(counts), minlength=len(level.counts))
    entropy: NDArray[np.float64] = np.maximum(np.log2(level.counts) - repeated / level.counts, 0.0)
    return entropy
