"""Members' matrices in blocks of rows, which keep the memory small when matrices lie in memory-mapped files.

Shapes: M members, N rows, C classes, B rows of a block.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np

from pipeline.fusion.checks import Members, check_block, check_members
from pipeline.fusion.kernels import find_votes
from pipeline.metrics.arrays import FloatArray, IntArray
from pipeline.runtime.devices import count_cores

Result = TypeVar("Result")

ROWS = 1024  # of 14 members × 35 classes in single precision these are 2 MB, which caches hold


class Block(NamedTuple):
    """A block of rows with every member's values."""

    rows: slice
    members: FloatArray  # [M, B, C], float32 or float64
    votes: IntArray  # [M, B], the most probable class, the lowest index where several are equal


def read_blocks(probs: Members, distributions: bool = False) -> Iterator[Block]:
    """Read blocks of `probs`, an array [M, N, C] or M arrays [N, C], memory-mapped or not, checked, first to last.

    Raises ValueError as `check_probs` does, at the block that is wrong.
    """
    members = check_members(probs)
    for rows in _block_rows(members):
        yield _read(members, rows, distributions)


def map_blocks(
    work: Callable[[Block], Result], probs: Members, distributions: bool = False
) -> Iterator[tuple[slice, Result]]:
    """Yield the rows and `work(block)` of every block of `read_blocks`, in its order, computed on all cores.

    Threads are enough: what takes the time is compiled code that lets the interpreter go.
    """
    members = check_members(probs)
    all_rows = _block_rows(members)

    def read_and_work(rows: slice) -> Result:
        return work(_read(members, rows, distributions))

    if len(all_rows) == 1:
        yield all_rows[0], read_and_work(all_rows[0])
        return
    with ThreadPoolExecutor(min(count_cores(), len(all_rows))) as pool:
        yield from zip(all_rows, pool.map(read_and_work, all_rows), strict=True)


def check_probs(probs: FloatArray, distributions: bool = False) -> FloatArray:
    """Return `probs` as a float array [M, N, C], every value checked.

    Raises ValueError unless it has three dimensions, M, N >= 1, C >= 2 and finite values; with
    `distributions` also unless its rows are probabilities: no negative value, and a sum of one.
    """
    probs = np.asarray(probs)
    if probs.dtype not in (np.float32, np.float64):  # compiled code takes no others
        probs = probs.astype(np.float64)
    for _ in read_blocks(probs, distributions):
        pass
    return probs


def _block_rows(members: Members) -> list[slice]:
    n_rows = len(members[0])
    return [slice(start, min(start + ROWS, n_rows)) for start in range(0, n_rows, ROWS)]


def _read(members: Members, rows: slice, distributions: bool) -> Block:
    # A view where it can be: to copy every block takes half as long as a vote.
    values: FloatArray = (
        members[:, rows] if isinstance(members, np.ndarray) else np.stack([member[rows] for member in members])
    )
    if values.dtype not in (np.float32, np.float64):
        values = values.astype(np.float64)
    votes, sums = find_votes(values)
    check_block(values, sums, distributions)
    return Block(rows, values, votes)
