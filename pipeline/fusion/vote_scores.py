"""A vote as a matrix of scores, so that class weights can be searched on it."""

from functools import partial

import numpy as np

from pipeline.fusion.probability_average import probability_average
from pipeline.fusion.rank_average import rank_average
from pipeline.fusion.rule import FixedRule, Rule
from pipeline.fusion.vote import break_ties, check_voters, count_votes
from pipeline.metrics.arrays import FloatArray, IntArray

TIE_SHARE = 0.99  # of one vote: the most that the tie-break term may add


def vote_scores(probs: FloatArray, tie: str = "rank", weights: FloatArray | None = None) -> FloatArray:
    """Scores [N, C] >= 0 whose argmax is `vote(probs, tie, weights)` in every row.

    The score of a class is its share of the votes plus a tie-break term in [0, 0.99 of the smallest
    single vote). The term is that of the tie rule, for all classes and not only for the tied ones: the
    mean probability, the score of `rank_average`, the mean probability of the class's own voters, or for
    `first` how early its first voter stands. Where this would put another class ahead (rounding, or
    unequal weights whose sums differ by less than the smallest), the winner's score is raised to the next
    float above it.
    """
    probs, weights = check_voters(probs, tie, weights)
    votes = probs.argmax(axis=2)
    counts = count_votes(votes, weights, probs.shape[2])
    term = _tie_term(probs, votes, weights, counts, tie)
    scores: FloatArray = (counts + TIE_SHARE * weights.min() * term) / weights.sum()
    _put_ahead(scores, break_ties(probs, votes, weights, counts, tie))
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


def _tie_term(probs: FloatArray, votes: IntArray, weights: FloatArray, counts: FloatArray, tie: str) -> FloatArray:
    """The tie rule's figure for every row and class [N, C], in [0, 1]."""
    if tie == "rank":
        return rank_average(probs, weights)
    if tie == "probability":
        means: FloatArray = np.minimum(probability_average(probs, weights), 1)
        return means
    rows = np.arange(votes.shape[1])
    term = np.zeros(counts.shape)
    if tie == "first":
        for position in reversed(range(len(votes))):
            term[rows, votes[position]] = 1 - position / len(votes)
        return term
    for member, member_votes, weight in zip(probs, votes, weights, strict=True):
        term[rows, member_votes] += weight * member[rows, member_votes]
    voters_means: FloatArray = np.minimum(term / np.maximum(counts, weights.min()), 1)
    return voters_means


def _put_ahead(scores: FloatArray, labels: IntArray) -> None:
    """In place, raise the score of a row's label above the row's largest where it is not the argmax."""
    wrong = np.flatnonzero(scores.argmax(axis=1) != labels)
    scores[wrong, labels[wrong]] = np.nextafter(scores[wrong].max(axis=1), np.inf)
