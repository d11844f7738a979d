"""Greedy selection of members, with replacement: weights that are counts of how often a member was taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.errors import UserError
from pipeline.fusion.averages import probability_average
from pipeline.fusion.blocks import check_probs
from pipeline.fusion.rule import Tuning
from pipeline.metrics import f1_from_counts
from pipeline.metrics.arrays import FloatArray, IntArray, check_labels
from pipeline.runtime.compiled import compiled

METRICS = ("macro_f1", "accuracy")
ALLOWED = "1 or more, 1 or more, more than 0 up to 1, and 0 or more is allowed"
ROWS = 8192  # of a block whose sums stay in the cache while every member is tried


def hill_climb(
    oof_probs: FloatArray,
    y: IntArray,
    metric: str = "macro_f1",
    *,
    steps: int = 40,
    bags: int = 1,
    share: float = 0.5,
    seed: int = 0,
) -> FloatArray:
    """Find weights [M], summing to one, that raise the `metric` of the weighted mean of `oof_probs` [M, N, C].

    Starts from nothing and adds, `steps` times, the member that makes the mean best; a member may be added again
    (Caruana et al. 2004, "Ensemble selection from libraries of models"). Of equally good members one that is in already
    is taken, then the first. The shortest run of additions with the best score is kept, so the result is never worse on
    these rows than the best member alone.

    With `bags` > 1 it climbs that often, each time on `share` of the rows drawn without replacement with `seed`, and
    the weights are averaged: a choice that a few rows decide then weighs less. `metric`: macro_f1 or accuracy. Raises
    ValueError for wrong shapes or settings, or rows that are not probabilities.
    """
    if metric not in METRICS:
        raise ValueError(f"metric is {metric!r}; one of {', '.join(METRICS)} is allowed")
    if not _possible(steps, bags, share, seed):
        raise ValueError(f"steps is {steps}, bags {bags}, share {share}, seed {seed}; {ALLOWED}")
    probs = check_probs(oof_probs, distributions=True)
    n_rows, n_classes = probs.shape[1:]
    y = check_labels(y, n_classes, "y")
    if len(y) != n_rows:
        raise ValueError(f"y has {len(y)} rows and oof_probs {n_rows}; they must be equal")
    if bags == 1:
        return _climb(probs, y, np.arange(n_rows), metric, steps)
    rng = np.random.default_rng(seed)
    drawn = (np.sort(rng.choice(n_rows, max(1, round(share * n_rows)), replace=False)) for _ in range(bags))
    weights: FloatArray = np.mean([_climb(probs, y, rows, metric, steps) for rows in drawn], axis=0)
    return weights


def _climb(probs: FloatArray, y: IntArray, rows: IntArray, metric: str, steps: int) -> FloatArray:
    """Climb once on some `rows`: → weights [M]."""
    n_members, _, n_classes = probs.shape
    total = np.zeros((len(rows), n_classes))
    counts, best_counts = np.zeros(n_members), np.zeros(n_members)
    actual, best_score = np.bincount(y[rows], minlength=n_classes), -1.0
    for _ in range(steps):
        hits, predicted = _try_members(probs, y, rows, total)
        scores = f1_from_counts(hits, predicted, actual).mean(axis=1) if metric == "macro_f1" else hits.sum(axis=1)
        taken = max(range(n_members), key=lambda m: (scores[m], counts[m] > 0, -m))
        counts[taken] += 1
        for start in range(0, len(rows), ROWS):
            total[start : start + ROWS] += probs[taken, rows[start : start + ROWS]]
        if scores[taken] > best_score:
            best_score, best_counts = float(scores[taken]), counts.copy()
    weights: FloatArray = best_counts / best_counts.sum()
    return weights


def _try_members(probs: FloatArray, y: IntArray, rows: IntArray, total: FloatArray) -> tuple[IntArray, IntArray]:
    """Count, with each member added to `total`, right predictions [M, C] and all predictions [M, C] of every class."""
    hits = np.zeros((len(probs), probs.shape[2]), dtype=np.int64)
    predicted = np.zeros_like(hits)
    for start in range(0, len(rows), ROWS):
        part = slice(start, start + ROWS)
        for member, own_hits, own_predicted in zip(probs, hits, predicted, strict=True):
            _count(member, y, rows[part], total[part], own_hits, own_predicted)
    return hits, predicted


@compiled
def _count(
    member: FloatArray, y: IntArray, rows: IntArray, total: FloatArray, hits: IntArray, predicted: IntArray
) -> None:
    """Add the predictions of argmax(total + member) on `rows` [B], whose `total` is [B, C], to the counts [C]."""
    n_classes = member.shape[1]
    for k in range(len(rows)):
        i = rows[k]
        top = total[k, 0] + member[i, 0]
        label = 0
        for c in range(1, n_classes):
            value = total[k, c] + member[i, c]
            if value > top:
                top = value
                label = c
        predicted[label] += 1
        if label == y[i]:
            hits[label] += 1


@dataclass(frozen=True, kw_only=True)
class HillClimb:
    """The rule `hill_climb` of params: the mean probability, members weighted by `hill_climb` with these settings."""

    steps: int
    bags: int = 1
    share: float = 0.5
    seed: int = 0
    tuning: Tuning = "choice"

    def fit(self, oof_probs: FloatArray, y: IntArray, fold_ids: IntArray) -> FloatArray:
        """Find the members' weights [M]."""
        return hill_climb(oof_probs, y, steps=self.steps, bags=self.bags, share=self.share, seed=self.seed)

    def apply(self, probs: FloatArray, state: FloatArray) -> FloatArray:
        """Return the weighted mean of the members' probabilities, [n, C]."""
        return probability_average(probs, state)

    def describe(self, state: FloatArray, names: Sequence[str]) -> dict[str, float]:
        """Return each member's weight under its name."""
        return {name: round(float(weight), 6) for name, weight in zip(names, state, strict=True)}

    def dump(self, state: FloatArray) -> dict[str, Any]:
        """Return the members' weights [M] under a name."""
        return {"weights": state}

    def load(self, dumped: Mapping[str, Any]) -> FloatArray:
        """Return the dumped weights [M]."""
        weights: FloatArray = dumped["weights"]
        return weights

    def n_fitted(self, n_members: int, n_classes: int) -> int:
        """Return the number of members: each has one weight."""
        return n_members


def hill_climb_rule(*, steps: int, bags: int, share: float, seed: int) -> HillClimb:
    """Make the rule `hill_climb` of params. Raises UserError for settings out of range."""
    if not _possible(steps, bags, share, seed):
        found = f"steps is {steps}, bags {bags}, share {share}, seed {seed}"
        raise UserError(f"params.yaml: fusion: hill_climb: {found}; {ALLOWED}")
    return HillClimb(steps=steps, bags=bags, share=share, seed=seed)


def _possible(steps: int, bags: int, share: float, seed: int) -> bool:
    return steps >= 1 and bags >= 1 and 0 < share <= 1 and seed >= 0
