"""Fuse members, with honest scores: what a rule tunes never sees the fold that it is scored on."""

from typing import NamedTuple

import numpy as np

from pipeline.fusion.blocks import check_probs
from pipeline.fusion.rule import Rule
from pipeline.metrics.arrays import BoolArray, FloatArray, IntArray, check_fold_ids, check_labels


class NestedFusion(NamedTuple):
    """One rule's scores, larger is better. N training rows, n test rows, C classes, K folds."""

    oof_scores: FloatArray  # [N, C], tuned on all training rows
    nested_scores: FloatArray  # [K, N, C], entry k tuned without the rows of fold k
    test_scores: FloatArray  # [n, C], tuned on all training rows


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
    if len(check_labels(y, n_classes, "y")) != n_rows:
        raise ValueError(f"y has {len(y)} rows and oof_probs {n_rows}; they must be equal")
    n_folds = check_fold_ids(fold_ids, n_rows)

    everything = np.ones(n_rows, dtype=bool)
    oof_scores = _scores_learned_on(everything, rule, oof_probs, y, fold_ids)
    test_scores = rule.apply(test_probs, rule.fit(oof_probs, y, fold_ids))
    if rule.tuning == "none":
        nested_scores = np.broadcast_to(oof_scores, (n_folds, n_rows, n_classes))
    else:
        outer = (fold_ids != fold for fold in range(n_folds))
        nested_scores = np.stack([_scores_learned_on(rows, rule, oof_probs, y, fold_ids) for rows in outer])
    return NestedFusion(oof_scores, nested_scores, test_scores)


def _scores_learned_on(rows: BoolArray, rule: Rule, probs: FloatArray, y: IntArray, fold_ids: IntArray) -> FloatArray:
    """Scores [N, C] of all rows by a rule that may learn from `rows` only."""
    scores = rule.apply(probs, rule.fit(probs[:, rows], y[rows], fold_ids[rows]))
    if rule.tuning == "model":
        for fold in np.unique(fold_ids[rows]):
            learn, score = rows & (fold_ids != fold), rows & (fold_ids == fold)
            scores[score] = rule.apply(probs[:, score], rule.fit(probs[:, learn], y[learn], fold_ids[learn]))
    return scores
