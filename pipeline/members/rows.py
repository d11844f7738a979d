"""The rows that a member learns from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.data.labels import LabelSet

F = TypeVar("F")  # what the kind reads: features, or token ids


@dataclass(frozen=True, eq=False)
class TrainingRows(Generic[F]):
    """R rows with their targets, and which of K folds trains on which row: shared by all folds of a member.

    Attributes:
        features: the R texts as the member's kind reads them.
        targets: class ids [R], or probabilities of the classes [R, C].
        weights: [R], how much each row counts in training.
        parent: [R], the row that each row is a changed copy of; -1: of none. Copies follow their parent into training
            and nowhere else.
        trains: [K, R], whether a fold may train on a row; of a copy the value of its parent.
        held_out: [K, R], whether a fold holds a row out. Rows that no fold holds out are never scored.
        classes: the label set, of C classes.
    """

    features: F
    targets: NDArray[np.integer] | NDArray[np.floating]
    weights: NDArray[np.float32]
    parent: NDArray[np.int64]
    trains: NDArray[np.bool_]
    held_out: NDArray[np.bool_]
    classes: LabelSet

    @cached_property
    def label_ids(self) -> NDArray[np.int64]:
        """Return the class of each row, [R]: the likeliest where targets are probabilities, the first of equals."""
        return (self.targets if self.targets.ndim == 1 else self.targets.argmax(axis=1)).astype(np.int64)

    def train_rows(self, fold: int) -> NDArray[np.int64]:
        """Return the rows that a fold trains on, without copies."""
        return np.flatnonzero(self.trains[fold] & (self.parent < 0))

    def held_out_rows(self, fold: int) -> NDArray[np.int64]:
        """Return the rows that a fold holds out."""
        return np.flatnonzero(self.held_out[fold])

    def with_copies(self, rows: NDArray[np.integer]) -> NDArray[np.integer]:
        """Return `rows`, then the rows that are copies of them."""
        return np.concatenate([rows, np.flatnonzero(np.isin(self.parent, rows) & (self.parent >= 0))])

    def split(
        self, rows: NDArray[np.integer], share: float, seed: int
    ) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
        """Split training rows by class, so that the held-out fold stays unseen: → (to train on, to score), both sorted.

        Of each class, `share` of its rows that some fold holds out (rounded) is scored; a class of one row is trained
        on.
        """
        rng = np.random.default_rng(seed)
        scorable = rows[self.held_out[:, rows].any(axis=0)]
        of_rows = self.label_ids[scorable]
        scored: list[NDArray[np.integer]] = [scorable[:0]]
        for label in np.unique(of_rows):
            of_class = rng.permutation(scorable[of_rows == label])
            scored.append(of_class[: min(round(len(of_class) * share), len(of_class) - 1)])
        held = np.sort(np.concatenate(scored))
        return np.setdiff1d(rows, held), held


def rows_of_competition(
    features: F,
    label_ids: NDArray[np.integer],
    classes: LabelSet,
    fold_ids: NDArray[np.integer],
    copy_of: NDArray[np.integer] | Sequence[int] = (),
) -> TrainingRows[F]:
    """Return the competition's N rows, each in the folds that do not hold it out, then A copies of some of these rows.

    `features` are of all N + A texts, `label_ids` [N] and `fold_ids` [repeats, N] of the competition's rows. Fold k of
    repeat r is number r · n_folds + k. Rows of fold -1 are trained on by all folds and held out by none.
    """
    n_folds, n_rows = int(fold_ids.max()) + 1, len(label_ids)
    held_out = (fold_ids[:, None, :] == np.arange(n_folds)[:, None]).reshape(-1, n_rows)
    parent = np.asarray(copy_of, dtype=np.int64)
    return TrainingRows(
        features=features,
        targets=np.concatenate([label_ids, label_ids[parent]]),
        weights=np.ones(n_rows + len(parent), dtype=np.float32),
        parent=np.concatenate([np.full(n_rows, -1), parent]),
        trains=np.concatenate([~held_out, ~held_out[:, parent]], axis=1),
        held_out=np.pad(held_out, ((0, 0), (0, len(parent)))),
        classes=classes,
    )


def class_counts(rows: TrainingRows[Any], of_rows: NDArray[np.integer]) -> NDArray[np.float64]:
    """Count the rows of each class among some rows, [C]: a row adds its weight, split over classes as its target is."""
    _, labels, weights = as_labelled(rows, of_rows)
    return np.bincount(labels, weights, minlength=len(rows.classes.names)).astype(np.float64)


def as_labelled(
    rows: TrainingRows[Any], of_rows: NDArray[np.integer]
) -> tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.float64]]:
    """Turn rows into examples of one class each, for models that know no other: → (rows, labels, weights), all [E].

    A row with probabilities [R, C] becomes one example for each class that is likely at all, of that share of its
    weight: the examples' cross-entropies sum to the cross-entropy of the row. Examples of no weight are left out.

    Class weights weigh each example by its own class; the losses of neural members weigh a row by their mean over its
    target.
    """
    targets, examples = rows.targets, of_rows
    if targets.ndim == 1:
        labels, of_examples = targets[of_rows], rows.weights[of_rows].astype(np.float64)
    else:
        index, labels = np.nonzero(targets[of_rows])
        examples = of_rows[index]
        of_examples = targets[examples, labels].astype(np.float64) * rows.weights[examples]
    counts = of_examples > 0
    return examples[counts], labels[counts], of_examples[counts]
