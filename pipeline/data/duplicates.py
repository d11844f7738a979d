"""Rows with the same text and with nearly the same: groups, conflicting labels, texts that are in two files.

Nearly equal texts are found by MinHash, then compared in full.
"""

import zlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

RULES = ("keep", "majority", "drop")


def group_texts(texts: Sequence[str]) -> NDArray[np.int64]:
    """Number the distinct texts in order of first appearance: [N] → [N]; equal texts share a number."""
    numbers, _ = pd.factorize(np.array(texts, dtype=object))
    return numbers.astype(np.int64)


def find_conflicts(labels: NDArray[np.int32], groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Find the rows whose group has rows of different labels: labels [N], groups [N] → [N]."""
    n_labels = pd.Series(labels).groupby(groups).transform("nunique")
    return n_labels.to_numpy() > 1


def resolve_conflicts(
    labels: NDArray[np.int32], groups: NDArray[np.int64], rule: str
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Apply a rule to groups whose rows have different labels: → labels [N], which rows to keep [N].

    - `keep`: every row as it is. One text then counts for several classes, as it does in the file.
    - `majority`: all rows of the group get its most frequent label; of equally frequent ones, the one that
      comes first.
    - `drop`: no row of such a group is kept.

    Raises ValueError for another rule.
    """
    conflicting = find_conflicts(labels, groups)
    every_row = np.ones(len(labels), dtype=np.bool_)
    if rule == "keep":
        return labels, every_row
    if rule == "majority":
        return _take_majority(labels, groups, conflicting), every_row
    if rule == "drop":
        return labels, ~conflicting
    raise ValueError(f"no rule {rule!r} for conflicting labels; known: {', '.join(RULES)}")


def count_shared(texts: Sequence[str], others: Sequence[str]) -> int:
    """Count the texts that also stand among `others`."""
    known = set(others)
    return sum(text in known for text in texts)


def _take_majority(
    labels: NDArray[np.int32], groups: NDArray[np.int64], conflicting: NDArray[np.bool_]
) -> NDArray[np.int32]:
    resolved = labels.copy()
    rows = np.flatnonzero(conflicting)
    rows = rows[np.argsort(groups[rows], kind="stable")]
    starts = np.flatnonzero(np.diff(groups[rows])) + 1
    for group in np.split(rows, starts) if len(rows) else []:
        names, first, counts = np.unique(labels[group], return_index=True, return_counts=True)
        resolved[group] = names[np.lexsort((first, -counts))[0]]
    return resolved


N_PERMUTATIONS = 128
# The cost of a pair that is not compared to that of a pair compared in vain: it is nearly all that matters here.
MISSED_TO_WASTED = (0.05, 0.95)


class NearDuplicates(NamedTuple):
    """Groups of texts [N] that are nearly the same, and which of M other texts are near to a text of them."""

    groups: NDArray[np.int64]  # [N] of the texts, numbered by first appearance
    near_others: NDArray[np.bool_]  # [M], which of the others are near to one of the texts, or equal


def find_near_duplicates(
    texts: Sequence[str], others: Sequence[str], *, threshold: float, unit: str, ngram: int
) -> NearDuplicates:
    """Group texts [N] that are nearly the same, and find those of `others` [M] that are near to a text or equal.

    Two texts are near if the Jaccard similarity of their sets of n-grams, |A ∩ B| / |A ∪ B|, is at least `threshold`;
    those that a chain of near texts connects are one group. `unit`: n-grams of `characters` (runs of white space count
    as one space) or of `words` between white space. A text shorter than an n-gram is one. Groups of `texts` do not
    depend on `others`.

    Which pairs are compared follows from a MinHash index with banding (Broder 1997, "On the resemblance and containment
    of documents"; Leskovec, Rajaraman & Ullman, "Mining of Massive Datasets", chapter 3), so a pair near the threshold
    may be missed; none that is found is wrong. The same arguments give the same groups.
    """
    from datasketch import MinHashLSH

    index = MinHashLSH(threshold=threshold, num_perm=N_PERMUTATIONS, weights=MISSED_TO_WASTED)
    distinct = list(dict.fromkeys(texts))
    parents = list(range(len(distinct)))
    for number, sketch in enumerate(_sketch(distinct, unit, ngram)):
        own = shingle(distinct[number], unit, ngram)
        for other in sorted(index.query(sketch)):
            roots = _find_root(parents, number), _find_root(parents, other)
            if roots[0] != roots[1] and jaccard(own, shingle(distinct[other], unit, ngram)) >= threshold:
                parents[max(roots)] = min(roots)
        index.insert(number, sketch, check_duplication=False)
    group_of = {text: _find_root(parents, number) for number, text in enumerate(distinct)}
    numbers: dict[int, int] = {}
    groups = [numbers.setdefault(group_of[text], len(numbers)) for text in texts]

    unknown = [text for text in dict.fromkeys(others) if text not in group_of]
    near = set(group_of)
    for text, sketch in zip(unknown, _sketch(unknown, unit, ngram), strict=True):
        own = shingle(text, unit, ngram)
        if any(jaccard(own, shingle(distinct[other], unit, ngram)) >= threshold for other in index.query(sketch)):
            near.add(text)
    return NearDuplicates(np.array(groups, dtype=np.int64), np.array([text in near for text in others], dtype=np.bool_))


def shingle(text: str, unit: str, ngram: int) -> set[str]:
    """Return the set of a text's n-grams; a shorter text is one n-gram. Raises ValueError for an unknown unit."""
    if unit not in ("characters", "words"):
        raise ValueError(f"no unit {unit!r}; known: characters, words")
    words = text.split()
    parts: Sequence[str] = words if unit == "words" else " ".join(words)
    separator = " " if unit == "words" else ""
    return {separator.join(parts[i : i + ngram]) for i in range(max(1, len(parts) - ngram + 1))}


def jaccard(one: set[str], other: set[str]) -> float:
    """Compute the Jaccard similarity |A ∩ B| / |A ∪ B| of two sets that are not empty."""
    n_common = len(one & other)
    return n_common / (len(one) + len(other) - n_common)


def _sketch(texts: Sequence[str], unit: str, ngram: int) -> Iterator[Any]:
    """Compute the MinHash of each text's n-grams."""
    from datasketch import MinHash

    sets = ([part.encode() for part in shingle(text, unit, ngram)] for text in texts)
    # CRC-32 is several times as fast as the library's SHA-1, and what collides is compared in full anyway.
    sketches: Iterator[Any] = MinHash.generator(sets, num_perm=N_PERMUTATIONS, seed=1, hashfunc=zlib.crc32)
    return sketches


def _find_root(parents: list[int], number: int) -> int:
    while parents[number] != number:
        parents[number] = parents[parents[number]]
        number = parents[number]
    return number
