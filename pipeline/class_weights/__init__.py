"""Class weights for macro-F1, searched on fused scores, their nested score, and the choice of what is submitted.

A new method is one file and one line of `pipeline.registry`.
"""

from pipeline.class_weights.nested import NestedScore, nested_score, nested_twice
from pipeline.class_weights.objective import predict_labels, weighted_macro_f1
from pipeline.class_weights.pair import SearchedPair, search_pair
from pipeline.class_weights.search import SearchResult, search
from pipeline.class_weights.selection import Selection, choose, complexity, count_fitted, nested_choice
from pipeline.class_weights.starts import prior_weights

__all__ = [
    "NestedScore",
    "SearchResult",
    "SearchedPair",
    "Selection",
    "choose",
    "complexity",
    "count_fitted",
    "nested_choice",
    "nested_score",
    "nested_twice",
    "predict_labels",
    "prior_weights",
    "search",
    "search_pair",
    "weighted_macro_f1",
]
