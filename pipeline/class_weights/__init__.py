"""Class weights for macro-F1, searched on fused scores, their nested score, and the choice of what is submitted.

A new method is a class as `method` describes it and one line of `pipeline.registry`.
"""

from pipeline.class_weights.coordinate import BaggedCoordinate, Coordinate
from pipeline.class_weights.method import Fit, Method, tunes
from pipeline.class_weights.nelder_mead import NelderMead
from pipeline.class_weights.nested import NestedScore, nested_score, nested_twice
from pipeline.class_weights.objective import predict_labels, weighted_macro_f1
from pipeline.class_weights.pair import SearchedPair, search_pair
from pipeline.class_weights.prior import CalibratedPrior, NoWeights, Prior, prior_weights
from pipeline.class_weights.search import SearchResult, search
from pipeline.class_weights.selection import Selection, choose, complexity, nested_choice

__all__ = [
    "BaggedCoordinate",
    "CalibratedPrior",
    "Coordinate",
    "Fit",
    "Method",
    "NelderMead",
    "NestedScore",
    "NoWeights",
    "Prior",
    "SearchResult",
    "SearchedPair",
    "Selection",
    "choose",
    "complexity",
    "nested_choice",
    "nested_score",
    "nested_twice",
    "predict_labels",
    "prior_weights",
    "search",
    "search_pair",
    "tunes",
    "weighted_macro_f1",
]
