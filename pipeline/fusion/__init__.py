"""Fusion of members: arrays in, arrays out.

A new rule is one file and one line of `RULES`; it is then a word in `params.yaml`.
"""

from collections.abc import Callable

from pipeline.fusion.nested import NestedFusion, fuse_nested
from pipeline.fusion.probability_average import (
    geometric_average_rule,
    probability_average,
    probability_average_rule,
)
from pipeline.fusion.rank_average import rank_average, rank_average_rule
from pipeline.fusion.rule import FixedRule, Rule
from pipeline.fusion.similarity import member_similarity
from pipeline.fusion.softmax import softmax
from pipeline.fusion.vote import vote
from pipeline.fusion.vote_first import VoteFirst
from pipeline.fusion.vote_scores import vote_probability, vote_rank, vote_scores, vote_winners_probability

RULES: dict[str, Callable[..., Rule]] = {
    "vote_first": VoteFirst,
    "vote_probability": vote_probability,
    "vote_rank": vote_rank,
    "vote_winners_probability": vote_winners_probability,
    "rank_average": rank_average_rule,
    "probability_average": probability_average_rule,
    "geometric_average": geometric_average_rule,
}

__all__ = [
    "RULES",
    "FixedRule",
    "NestedFusion",
    "Rule",
    "VoteFirst",
    "fuse_nested",
    "member_similarity",
    "probability_average",
    "rank_average",
    "softmax",
    "vote",
    "vote_scores",
]
