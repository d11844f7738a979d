"""Members' matrices in blocks of rows: what keeps the memory small when they lie in memory-mapped files.

Shapes: M members, N rows, C classes, B rows of a block.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from pipeline.fusion.checks import check_block, check_members
from pipeline.fusion.votes import find_votes
from pipeline.metrics.arrays import FloatArray, IntArray

ROWS = 1024  # a block of 14 members × 35 classes is 4 MB in double precision, which caches hold


class Block(NamedTuple):
    """Some rows of every member."""

    rows: slice
    members: list[FloatArray]  # M of [B, C], float32 or float64, C-contiguous
    votes: IntArray  # [M, B], the most probable class, the lowest index where several are equal


def read_blocks(probs: FloatArray | Sequence[FloatArray], distributions: bool = False) -> Iterator[Block]:
    """The checked rows of `probs`, an array [M, N, C] or M arrays [N, C], memory-mapped or not, from first to last.

    Raises ValueError as `check_probs` does, when it comes to the block that is wrong.
    """
    members = check_members(probs)
    n_rows = len(members[0])
    for start in range(0, n_rows, ROWS):
        rows = slice(start, min(start + ROWS, n_rows))
        parts = [_contiguous(member[rows]) for member in members]
        votes = np.empty((len(parts), rows.stop - rows.start), dtype=np.int32)
        sums = np.empty(votes.shape)
        for part, own_votes, own_sums in zip(parts, votes, sums, strict=True):
            find_votes(part, own_votes, own_sums)
        check_block(parts, sums, distributions)
        yield Block(rows, parts, votes)


def check_probs(probs: FloatArray, distributions: bool = False) -> FloatArray:
    """Return `probs` as a float array [M, N, C], every value checked.

    Raises ValueError unless it has three dimensions, M, N >= 1, C >= 2 and finite values; with
    `distributions` also unless its rows are probabilities: no negative value, and a sum of one.
    """
    probs = np.asarray(probs)
    if not np.issubdtype(probs.dtype, np.floating):
        probs = probs.astype(np.float64)
    for _ in read_blocks(probs, distributions):
        pass
    return probs


def _contiguous(part: FloatArray) -> FloatArray:
    dtype = part.dtype if part.dtype in (np.float32, np.float64) else np.float64
    return np.ascontiguousarray(part, dtype=dtype)
