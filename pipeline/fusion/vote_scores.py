"""A vote as a matrix of scores, so that class weights can be searched on it."""

from functools import partial

import numpy as np

from pipeline.fusion.blocks import Block, map_blocks
from pipeline.fusion.checks import Members
from pipeline.fusion.probability_average import mean_probabilities
from pipeline.fusion.rank_average import rank_scores
from pipeline.fusion.rule import FixedRule, Rule
from pipeline.fusion.vote import OF_PROBABILITIES, check_voters, elect
from pipeline.fusion.votes import count_votes
from pipeline.metrics.arrays import FloatArray, IntArray

TIE_SHARE = 0.99  # of one vote: the most that the tie-break term may add


def vote_scores(probs: Members, tie: str = "rank", weights: FloatArray | None = None) -> FloatArray:
    """Scores [N, C] >= 0 whose argmax is `vote(probs, tie, weights)` in every row.

    The score of a class is its share of the votes plus a tie-break term in [0, 0.99 of the smallest
    single vote). The term is that of the tie rule, for all classes and not only for the tied ones: the
    mean probability, the score of `rank_average`, the mean probability of the class's own voters, or for
    `first` how early its first voter stands. Where this would put another class ahead (rounding, or
    unequal weights whose sums differ by less than the smallest), the winner's score is raised to the next
    float above it.
    """
    voters, weights = check_voters(probs, tie, weights)
    scores = np.empty(voters[0].shape)
    work = partial(block_scores, weights=weights, tie=tie)
    for rows, own in map_blocks(work, voters, distributions=tie in OF_PROBABILITIES):
        scores[rows] = own
    return scores


def block_scores(block: Block, weights: FloatArray, tie: str) -> FloatArray:
    """`vote_scores` of one block's rows [B, C]; no weight is 0."""
    counts = count_votes(block.votes, weights, block.members.shape[2])
    scores: FloatArray = (counts + TIE_SHARE * weights.min() * _tie_term(block, weights, counts, tie)) / weights.sum()
    put_ahead(scores, elect(block, weights, tie))
    return scores


def vote_probability() -> Rule:
    """The rule `vote_probability` of params: a vote, ties to the largest mean probability."""
    return FixedRule(partial(vote_scores, tie="probability"))


def vote_rank() -> Rule:
    """The rule `vote_rank` of params: a vote, ties to the lowest mean rank."""
    return FixedRule(partial(vote_scores, tie="rank"))


def vote_winners_probability() -> Rule:
    """The rule `vote_winners_probability` of params: a vote, ties to the class of the surest voters."""
    return FixedRule(partial(vote_scores, tie="winners_probability"))


def put_ahead(scores: FloatArray, labels: IntArray) -> None:
    """In place, raise the score of a row's label above the row's largest where it is not the argmax."""
    wrong = np.flatnonzero(scores.argmax(axis=1) != labels)
    scores[wrong, labels[wrong]] = np.nextafter(scores[wrong].max(axis=1), np.inf)


def _tie_term(block: Block, weights: FloatArray, counts: FloatArray, tie: str) -> FloatArray:
    """The tie rule's figure for every row of a block and class [B, C], in [0, 1]."""
    if tie == "rank":
        return rank_scores(block.members, weights)
    if tie == "probability":
        means: FloatArray = np.minimum(mean_probabilities(block.members, weights), 1)
        return means
    rows = np.arange(len(counts))
    term = np.zeros(counts.shape)
    if tie == "first":
        for position in reversed(range(len(block.votes))):
            term[rows, block.votes[position]] = 1 - position / len(block.votes)
        return term
    for member, member_votes, weight in zip(block.members, block.votes, weights, strict=True):
        term[rows, member_votes] += weight * member[rows, member_votes]
    voters_means: FloatArray = np.minimum(term / np.maximum(counts, weights.min()), 1)
    return voters_means
