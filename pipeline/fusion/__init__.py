"""Fusion of members: arrays in, arrays out.

A new rule is a function or class beside its kin and one line of `pipeline.registry`; the rule is then a word in
`params.yaml`.
"""

from pipeline.fusion.auto_rounds import AutoRounds, auto_rounds
from pipeline.fusion.averages import probability_average, rank_average
from pipeline.fusion.diversity import double_fault, member_gains, member_similarity
from pipeline.fusion.hill_climb import hill_climb
from pipeline.fusion.nested import NestedFusion, fuse_nested, nested_labels
from pipeline.fusion.rounds import BallotResult, run_rounds
from pipeline.fusion.rule import FixedRule, Rule
from pipeline.fusion.softmax import softmax
from pipeline.fusion.stack import Stacked, stack
from pipeline.fusion.voting import VoteFirst, vote, vote_scores

__all__ = [
    "AutoRounds",
    "BallotResult",
    "FixedRule",
    "NestedFusion",
    "Rule",
    "Stacked",
    "VoteFirst",
    "auto_rounds",
    "double_fault",
    "fuse_nested",
    "hill_climb",
    "member_gains",
    "member_similarity",
    "nested_labels",
    "probability_average",
    "rank_average",
    "run_rounds",
    "softmax",
    "stack",
    "vote",
    "vote_scores",
]
