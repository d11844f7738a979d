"""Fusion with honest scores: whatever a rule tunes never sees the fold that the rule is scored on."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from pipeline.fusion.blocks import check_probs
from pipeline.fusion.rule import Rule
from pipeline.metrics.arrays import BoolArray, FloatArray, IntArray, check_fold_ids, check_labels


class NestedFusion(NamedTuple):
    """The scores of one rule, larger is better. N training rows, n test rows, C classes, K folds."""

    oof_scores: FloatArray  # [N, C], tuned on all training rows
    nested_scores: FloatArray  # [K, N, C], entry k tuned without the rows of fold k
    test_scores: FloatArray  # [n, C], tuned on all training rows
    state: Any = None  # what the rule learned on all training rows


def fuse_nested(
    oof_probs: FloatArray, y: IntArray, fold_ids: IntArray, test_probs: FloatArray, rule: Rule
) -> NestedFusion:
    """Fuse `oof_probs` [M, N, C] and `test_probs` [M, n, C] by `rule`, tuned on labels `y` [N] and folds [N].

    `nested_scores[k]` covers all N rows: its rows of fold k are for scoring, the others for whatever is
    tuned next (class weights) for that fold. A rule that tunes nothing gets a read-only view of its OOF
    scores, repeated. Raises ValueError if shapes, labels or folds do not fit together.
    """
    oof_probs, test_probs = check_probs(oof_probs), check_probs(test_probs)
    n_members, n_rows, n_classes = oof_probs.shape
    if test_probs.shape[::2] != (n_members, n_classes):
        raise ValueError(f"oof_probs has shape {oof_probs.shape} and test_probs {test_probs.shape}; M or C differs")
    y, fold_ids, n_folds = check_rows(oof_probs, y, fold_ids)
    if rule.tuning == "model" and n_folds < 3:
        raise ValueError("fold_ids has 2 folds; a rule that fits a model needs 3 or more, to leave out two")
    fit = _fit_once(rule, oof_probs, y, fold_ids)
    state = fit(frozenset())
    oof_scores = _scores_without(frozenset(), rule, oof_probs, fold_ids, fit)
    if rule.tuning == "none":
        nested_scores = np.broadcast_to(oof_scores, (n_folds, n_rows, n_classes))
    else:
        outer = (frozenset([fold]) for fold in range(n_folds))
        nested_scores = np.stack([_scores_without(fold, rule, oof_probs, fold_ids, fit) for fold in outer])
    return NestedFusion(oof_scores, nested_scores, rule.apply(test_probs, state), state)


def nested_labels(oof_probs: FloatArray, y: IntArray, fold_ids: IntArray, rule: Rule) -> IntArray:
    """Return predictions [N] alone: the argmax of `fuse_nested(...).nested_scores[k]` for the rows of each fold k."""
    oof_probs = check_probs(oof_probs)
    y, fold_ids, n_folds = check_rows(oof_probs, y, fold_ids)
    if rule.tuning == "none":
        fixed: IntArray = rule.apply(oof_probs, rule.fit(oof_probs, y, fold_ids)).argmax(axis=1)
        return fixed
    labels = np.empty(len(y), dtype=np.int64)
    for fold in range(n_folds):
        inside = fold_ids == fold
        state = rule.fit(oof_probs[:, ~inside], y[~inside], fold_ids[~inside])
        labels[inside] = rule.apply(oof_probs[:, inside], state).argmax(axis=1)
    return labels


def check_rows(oof_probs: FloatArray, y: IntArray, fold_ids: IntArray) -> tuple[IntArray, IntArray, int]:
    """Return labels `y` [N] and folds [N] as arrays, and the number of folds.

    Raises ValueError unless labels and folds fit `oof_probs` [M, N, C].
    """
    n_rows = oof_probs.shape[1]
    y, fold_ids = check_labels(y, oof_probs.shape[2], "y"), np.asarray(fold_ids)
    if len(y) != n_rows:
        raise ValueError(f"y has {len(y)} rows and oof_probs {n_rows}; they must be equal")
    return y, fold_ids, check_fold_ids(fold_ids, n_rows)


def _fit_once(rule: Rule, probs: FloatArray, y: IntArray, fold_ids: IntArray) -> Callable[[frozenset[int]], Any]:
    """Make a function of some folds: what the rule learns without these folds, fitted once and kept."""

    @cache
    def fit(left_out: frozenset[int]) -> Any:
        if not left_out:
            return rule.fit(probs, y, fold_ids)
        rows = _rows_outside(left_out, fold_ids)
        return rule.fit(probs[:, rows], y[rows], fold_ids[rows])

    return fit


def _scores_without(
    left_out: frozenset[int],
    rule: Rule,
    probs: FloatArray,
    fold_ids: IntArray,
    fit: Callable[[frozenset[int]], Any],
) -> FloatArray:
    """Compute scores [N, C] of all rows by a rule that may not learn from the folds `left_out`."""
    scores = rule.apply(probs, fit(left_out))
    if rule.tuning == "model":
        for fold in np.unique(fold_ids[_rows_outside(left_out, fold_ids)]).tolist():
            rows = fold_ids == fold
            scores[rows] = rule.apply(probs[:, rows], fit(left_out | {fold}))
    return scores


def _rows_outside(left_out: frozenset[int], fold_ids: IntArray) -> BoolArray:
    rows: BoolArray = ~np.isin(fold_ids, list(left_out))
    return rows
