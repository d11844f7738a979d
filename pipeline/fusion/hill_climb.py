"""Greedy selection of members, with replacement: weights that are counts of how often a member was taken."""

from dataclasses import dataclass

import numpy as np

from pipeline.fusion.blocks import check_probs
from pipeline.fusion.probability_average import probability_average
from pipeline.fusion.rule import Tuning
from pipeline.metrics import macro_f1
from pipeline.metrics.arrays import FloatArray, IntArray, check_labels


def hill_climb(oof_probs: FloatArray, y: IntArray, steps: int = 40) -> FloatArray:
    """Weights [M], summing to one, that raise the macro-F1 of the weighted mean of `oof_probs` [M, N, C].

    Starts from nothing and adds, `steps` times, the member that makes the mean best; a member may be added again
    (Caruana et al. 2004, "Ensemble selection from libraries of models"). Of equally good members one that is in already
    is taken, then the first. The shortest run of additions with the best score is kept, so the result is never worse on
    these rows than the best member alone. Raises ValueError for wrong shapes or rows that are not probabilities.
    """
    probs = check_probs(oof_probs, distributions=True)
    n_members, n_rows, n_classes = probs.shape
    if len(check_labels(y, n_classes, "y")) != n_rows:
        raise ValueError(f"y has {len(y)} rows and oof_probs {n_rows}; they must be equal")
    total = np.zeros((n_rows, n_classes))
    counts = np.zeros(n_members)
    best_score, best_counts = -1.0, counts
    for _ in range(steps):
        scores = [macro_f1(y, (total + member).argmax(axis=1), n_classes) for member in probs]
        taken = max(range(n_members), key=lambda m: (scores[m], counts[m] > 0, -m))
        total += probs[taken]
        counts[taken] += 1
        if scores[taken] > best_score:
            best_score, best_counts = scores[taken], counts.copy()
    weights: FloatArray = best_counts / best_counts.sum()
    return weights


@dataclass(frozen=True, kw_only=True)
class HillClimb:
    """The rule `hill_climb` of params: the mean probability, members weighted by `hill_climb`.

    Args:
        steps: how many members are added.
    """

    steps: int
    tuning: Tuning = "choice"

    def fit(self, oof_probs: FloatArray, y: IntArray, fold_ids: IntArray) -> FloatArray:
        """The members' weights [M]."""
        return hill_climb(oof_probs, y, self.steps)

    def apply(self, probs: FloatArray, state: FloatArray) -> FloatArray:
        """The weighted mean probabilities [n, C]."""
        return probability_average(probs, state)


def hill_climb_rule(*, steps: int) -> HillClimb:
    """The rule `hill_climb` of params."""
    return HillClimb(steps=steps)
