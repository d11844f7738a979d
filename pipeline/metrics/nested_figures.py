"""The figures of nested predictions that reports show."""

from pipeline.metrics.arrays import IntArray
from pipeline.metrics.scores import fold_macro_f1, macro_f1


def nested_figures(y_true: IntArray, y_pred: IntArray, fold_ids: IntArray, n_classes: int) -> dict[str, float]:
    """Compute macro-F1 of nested predictions [N], pooled, and its mean and standard deviation over folds.

    Six decimals each. Raises ValueError as `fold_macro_f1` does.
    """
    of_folds = fold_macro_f1(y_true, y_pred, fold_ids, n_classes)
    return {
        "nested": round(macro_f1(y_true, y_pred, n_classes), 6),
        "fold_mean": round(float(of_folds.mean()), 6),
        "fold_std": round(float(of_folds.std(ddof=1)), 6),
    }
