"""The best documents of a stream."""

import heapq
from collections.abc import Container, Iterable
from itertools import islice
from typing import NamedTuple

from pipeline.data.selection.centroids import Similarity

# Documents that are compared at a time.
TEXTS_AT_ONCE = 1024


class Selected(NamedTuple):
    """A document and its similarity to the training text."""

    text: str
    similarity: float


def select_nearest(texts: Iterable[str], similarity: Similarity, n: int, known: Container[str] = ()) -> list[Selected]:
    """The `n` documents of the highest similarity, the nearest first, equal ones in the order of the stream.

    Each text is taken once; those in `known`, and those that have nothing in common with the training text, are not.
    Fewer come back where there are fewer. Memory holds the best so far and no more.
    """
    heap: list[tuple[float, int, str]] = []  # the worst first: the least similar, and of equal ones the latest
    held: set[str] = set()
    remaining, index = iter(texts), 0
    while batch := list(islice(remaining, TEXTS_AT_ONCE)):
        for text, score in zip(batch, similarity(batch).tolist(), strict=True):
            index += 1
            entry = (score, -index, text)
            if score <= 0 or (len(heap) == n and entry < heap[0]) or text in held or text in known:
                continue
            held.add(text)
            if len(heap) < n:
                heapq.heappush(heap, entry)
            else:
                held.remove(heapq.heappushpop(heap, entry)[2])
    return [Selected(text, score) for score, _, text in sorted(heap, reverse=True)]
