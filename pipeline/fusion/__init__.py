"""Fusion of members: arrays in, arrays out.

A new rule is one file and one line of `pipeline.registry`; it is then a word in `params.yaml`.
"""

from pipeline.fusion.hill_climb import hill_climb
from pipeline.fusion.nested import NestedFusion, fuse_nested
from pipeline.fusion.probability_average import probability_average
from pipeline.fusion.rank_average import rank_average
from pipeline.fusion.rule import FixedRule, Rule
from pipeline.fusion.similarity import member_similarity
from pipeline.fusion.softmax import softmax
from pipeline.fusion.vote import vote
from pipeline.fusion.vote_first import VoteFirst
from pipeline.fusion.vote_scores import vote_scores

__all__ = [
    "FixedRule",
    "NestedFusion",
    "Rule",
    "VoteFirst",
    "fuse_nested",
    "hill_climb",
    "member_similarity",
    "probability_average",
    "rank_average",
    "softmax",
    "vote",
    "vote_scores",
]
