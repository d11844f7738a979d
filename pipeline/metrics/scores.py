"""Macro-F1, per-class F1, the confusion matrix and accuracy, all from counts, and the loss of logits.

Shapes: N rows, C classes. Labels are class indices in [0, C).
"""

import numpy as np

from pipeline.metrics.arrays import FloatArray, IntArray, check_fold_ids, check_labels


def macro_f1(y_true: IntArray, y_pred: IntArray, n_classes: int) -> float:
    """Compute the unweighted mean of the F1 of all `n_classes` classes.

    Equals scikit-learn's `f1_score(average="macro", labels=range(n_classes), zero_division=0)`: a class
    that is neither among the labels nor among the predictions counts as 0, it is not left out of the
    mean.

    Raises ValueError if the labels differ in length or do not lie in [0, n_classes).
    """
    return float(per_class_f1(y_true, y_pred, n_classes).mean())


def per_class_f1(y_true: IntArray, y_pred: IntArray, n_classes: int) -> FloatArray:
    """Compute the F1 of each class [C]; 0 without a true positive, also for a class that never occurs."""
    y_true, y_pred = _check_pair(y_true, y_pred, n_classes)
    return f1_from_counts(
        np.bincount(y_true[y_true == y_pred], minlength=n_classes),
        np.bincount(y_pred, minlength=n_classes),
        np.bincount(y_true, minlength=n_classes),
    )


def f1_from_counts(
    hits: IntArray | FloatArray, predicted: IntArray | FloatArray, actual: IntArray | FloatArray
) -> FloatArray:
    """Compute F1 = 2 hits / (predicted + actual), elementwise and broadcast; 0 where both counts are 0."""
    return 2.0 * hits / np.maximum(predicted + actual, 1)


def confusion(y_true: IntArray, y_pred: IntArray, n_classes: int) -> IntArray:
    """Count rows by class and prediction, [C, C]: entry (i, j) is the rows of class i that were predicted as j."""
    y_true, y_pred = _check_pair(y_true, y_pred, n_classes)
    codes = y_true.astype(np.int64) * n_classes + y_pred
    return np.bincount(codes, minlength=n_classes * n_classes).reshape(n_classes, n_classes)


def accuracy(y_true: IntArray, y_pred: IntArray, n_classes: int) -> float:
    """Compute the share of rows whose prediction is the label."""
    y_true, y_pred = _check_pair(y_true, y_pred, n_classes)
    return float(np.mean(y_true == y_pred))


def fold_macro_f1(y_true: IntArray, y_pred: IntArray, fold_ids: IntArray, n_classes: int) -> FloatArray:
    """Compute the macro-F1 of each fold's rows [K], for the spread over folds.

    A class without a row in a fold counts as 0 there, as in `macro_f1`; the mean of the folds is in
    general not the pooled macro-F1.
    """
    y_true, y_pred = _check_pair(y_true, y_pred, n_classes)
    n_folds = check_fold_ids(fold_ids, len(y_true))
    folds = [fold_ids == fold for fold in range(n_folds)]
    return np.array([macro_f1(y_true[rows], y_pred[rows], n_classes) for rows in folds])


def _check_pair(y_true: IntArray, y_pred: IntArray, n_classes: int) -> tuple[IntArray, IntArray]:
    y_true, y_pred = check_labels(y_true, n_classes, "y_true"), check_labels(y_pred, n_classes, "y_pred")
    if len(y_true) != len(y_pred):
        raise ValueError(f"y_true has {len(y_true)} rows and y_pred has {len(y_pred)}; they must be equal")
    return y_true, y_pred


def negative_log_likelihood(logits: FloatArray, label_ids: IntArray) -> float:
    """Compute the mean of −log softmax(logits)[label] over the rows."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    log_norm = np.log(np.exp(shifted).sum(axis=1))
    return float((log_norm - shifted[np.arange(len(label_ids)), label_ids]).mean())
