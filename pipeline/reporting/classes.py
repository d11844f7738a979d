"""Rows about classes: F1 and weight of each, most confused pairs, shares in train and submission."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ClassRow:
    """A class: its training rows, its class weight and its F1 without and with the weights."""

    label: str
    support: int
    weight: float
    before: float
    after: float

    @property
    def change(self) -> float:
        """The F1 with class weights minus the F1 without."""
        return self.after - self.before


@dataclass(frozen=True)
class ConfusedPair:
    """Rows of one class that were predicted as another."""

    true: str
    predicted: str
    count: int
    share: float  # of the true class's rows


@dataclass(frozen=True)
class ShareRow:
    """One class's share of the training rows and of the submission's rows."""

    label: str
    train_count: int
    test_count: int
    train_share: float
    test_share: float


def class_rows(
    labels: list[str], counts: list[int], weights: list[float], before: list[float], after: list[float]
) -> list[ClassRow]:
    """Return one row for each class, the most frequent first; equal counts in the order of the labels."""
    rows = [ClassRow(*values) for values in zip(labels, counts, weights, before, after, strict=True)]
    return sorted(rows, key=lambda row: -row.support)


def confused_pairs(confusion: NDArray[np.int64], labels: list[str], limit: int) -> list[ConfusedPair]:
    """Return the `limit` largest cells off the diagonal; of equal cells the larger share first, then by place."""
    totals = confusion.sum(axis=1)
    errors = confusion.copy()
    np.fill_diagonal(errors, 0)
    cells = [(int(errors[r, c]), int(r), int(c)) for r, c in zip(*np.nonzero(errors), strict=True)]
    cells.sort(key=lambda cell: (-cell[0], int(totals[cell[1]]), cell[1], cell[2]))
    return [ConfusedPair(labels[r], labels[c], n, n / int(totals[r])) for n, r, c in cells[:limit]]


def share_rows(labels: list[str], train_counts: list[int], histogram: list[tuple[str, int]]) -> list[ShareRow]:
    """Return the shares of each class in train and submission, the most frequent training class first.

    A label that is not in `histogram` has 0.
    """
    predicted = dict(histogram)
    n_train = max(sum(train_counts), 1)
    n_test = max(sum(predicted.values()), 1)
    rows = [
        ShareRow(label, train, predicted.get(label, 0), train / n_train, predicted.get(label, 0) / n_test)
        for label, train in zip(labels, train_counts, strict=True)
    ]
    return sorted(rows, key=lambda row: -row.train_count)
