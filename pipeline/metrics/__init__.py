"""Macro-F1 and related scores, computed from counts, with bootstrap intervals."""

from pipeline.metrics.bootstrap import Interval, bootstrap_interval, paired_bootstrap
from pipeline.metrics.nested_figures import nested_figures
from pipeline.metrics.scores import (
    accuracy,
    confusion,
    f1_from_counts,
    fold_macro_f1,
    macro_f1,
    negative_log_likelihood,
    per_class_f1,
)

__all__ = [
    "Interval",
    "accuracy",
    "bootstrap_interval",
    "confusion",
    "f1_from_counts",
    "fold_macro_f1",
    "macro_f1",
    "negative_log_likelihood",
    "nested_figures",
    "paired_bootstrap",
    "per_class_f1",
]
