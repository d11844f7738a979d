"""Majority voting, how its ties are broken, and a vote as scores on which class weights can be searched.

How ties are broken: for each tied class of a row there is a figure; the largest wins. Every such function takes members
[M, B, C], votes [M, B], member weights [M] and P pairs (rows [P], classes [P]), one for each tied class of each tied
row, and returns the pairs' figures [P]. All but `first` return the same bits whatever the order of the members:
contributions are sorted before they are added.

Shapes: M members, N rows, C classes, B rows of a block.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from pipeline.fusion.averages import mean_probabilities, rank_scores
from pipeline.fusion.blocks import Block, map_blocks
from pipeline.fusion.checks import Members, check_members, check_weights
from pipeline.fusion.kernels import count_votes, find_ties, ranks_of, settle_ties
from pipeline.fusion.rule import FixedRule, Rule, Tuning
from pipeline.metrics import macro_f1
from pipeline.metrics.arrays import FloatArray, IntArray

OF_PROBABILITIES = ("probability", "winners_probability")  # ties that logits cannot break


def vote(probs: Members, tie: str = "rank", weights: FloatArray | None = None) -> IntArray:
    """Return the class with the most votes in each row [N].

    Each member of `probs`, an array [M, N, C] or M arrays [N, C], votes for its most probable class, the lowest
    index where several are equal. `weights` [M] are votes per member; one of 0 does not take part. Where classes
    tie for the most votes, `tie` chooses among them:

    - `first`: the first member, in the order given, that voted for one of them;
    - `probability`: the largest mean probability over all members;
    - `rank`: the lowest mean rank over all members' own orderings of the classes (equal values share a
      mean rank);
    - `winners_probability`: the largest mean probability over the members that voted for the class.

    Means are weighted, too. Classes that are still equal: the lowest index. `first` and `rank` take
    logits as well; the others need probabilities. Rows are read in blocks, so that memory-mapped files stay on disk.
    Raises ValueError for wrong shapes or values.
    """
    voters, weights = check_voters(probs, tie, weights)
    labels = np.empty(len(voters[0]), dtype=np.int64)
    work = partial(elect, weights=weights, tie=tie)
    for rows, own in map_blocks(work, voters, distributions=tie in OF_PROBABILITIES):
        labels[rows] = own
    return labels


def check_voters(probs: Members, tie: str, weights: FloatArray | None) -> tuple[Members, FloatArray]:
    """Return the members [N, C] whose weight is not 0, and their weights [M']."""
    if tie not in TIES:
        raise ValueError(f"tie is {tie!r}; one of {', '.join(TIES)} is allowed")
    members = check_members(probs)
    weights = check_weights(weights, len(members))
    taken = np.flatnonzero(weights)
    if len(taken) < len(weights):
        members = [members[index] for index in taken.tolist()]
    return members, weights[taken]


def elect(block: Block, weights: FloatArray, tie: str) -> IntArray:
    """Return the winning class of each row of a block [B]."""
    labels, rows, classes = find_ties(block.votes, weights, block.members.shape[2])
    settle_ties(labels, rows, classes, TIES[tie](block.members, block.votes, weights, rows, classes))
    return labels


TIE_SHARE = 0.99  # of one vote: the most that the tie-break term may add


def vote_scores(probs: Members, tie: str = "rank", weights: FloatArray | None = None) -> FloatArray:
    """Compute scores [N, C] >= 0 whose argmax is `vote(probs, tie, weights)` in every row.

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
    """Score the rows [B, C] of one block as `vote_scores` does; no weight is 0."""
    counts = count_votes(block.votes, weights, block.members.shape[2])
    scores: FloatArray = (counts + TIE_SHARE * weights.min() * _tie_term(block, weights, counts, tie)) / weights.sum()
    put_ahead(scores, elect(block, weights, tie))
    return scores


def vote_probability() -> Rule:
    """Make the rule `vote_probability` of params: a vote, ties to the largest mean probability."""
    return FixedRule(partial(vote_scores, tie="probability"))


def vote_rank() -> Rule:
    """Make the rule `vote_rank` of params: a vote, ties to the lowest mean rank."""
    return FixedRule(partial(vote_scores, tie="rank"))


def vote_winners_probability() -> Rule:
    """Make the rule `vote_winners_probability` of params: a vote, ties to the class of the surest voters."""
    return FixedRule(partial(vote_scores, tie="winners_probability"))


def put_ahead(scores: FloatArray, labels: IntArray) -> None:
    """In place, raise the score of a row's label above the row's largest where the label is not the argmax."""
    wrong = np.flatnonzero(scores.argmax(axis=1) != labels)
    scores[wrong, labels[wrong]] = np.nextafter(scores[wrong].max(axis=1), np.inf)


def _tie_term(block: Block, weights: FloatArray, counts: FloatArray, tie: str) -> FloatArray:
    """Compute the tie rule's figure for every row of a block and class [B, C], in [0, 1]."""
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


@dataclass(frozen=True)
class VoteFirst:
    """The rule `vote_first` of params: ties go to the tied class that the best member voted for.

    The rule learns the order of the members: by macro-F1, best first, equal members in the order given.
    """

    tuning: Tuning = "choice"

    def fit(self, oof_probs: FloatArray, y: IntArray, fold_ids: IntArray) -> IntArray:
        """Order the members by macro-F1: → their indices [M], best first."""
        n_classes = oof_probs.shape[2]
        scores = np.array([macro_f1(y, member.argmax(axis=1), n_classes) for member in oof_probs])
        return np.argsort(-scores, kind="stable")

    def apply(self, probs: FloatArray, state: IntArray) -> FloatArray:
        """Compute the vote's scores [n, C] with the members in the order of `state`."""
        return vote_scores(probs[state], tie="first")

    def describe(self, state: IntArray, names: Sequence[str]) -> list[str]:
        """Return the members' names, best first."""
        return [names[index] for index in state]

    def dump(self, state: IntArray) -> dict[str, Any]:
        """Return the order of the members [M] under a name."""
        return {"order": state}

    def load(self, dumped: Mapping[str, Any]) -> IntArray:
        """Return the dumped order [M]."""
        order: IntArray = dumped["order"]
        return order

    def n_fitted(self, n_members: int, n_classes: int) -> int:
        """Return the number of members: each takes one place in the order."""
        return n_members


TieBreak = Callable[[FloatArray, IntArray, FloatArray, IntArray, IntArray], FloatArray]


def first(members: FloatArray, votes: IntArray, weights: FloatArray, rows: IntArray, classes: IntArray) -> FloatArray:
    """Compute tie figures that are larger for the class that an earlier member voted for."""
    position: IntArray = np.argmax(votes[:, rows] == classes, axis=0)
    return -position.astype(np.float64)


def probability(
    members: FloatArray, votes: IntArray, weights: FloatArray, rows: IntArray, classes: IntArray
) -> FloatArray:
    """Compute the weighted sum of each tied class's probability over all members."""
    return _sum_over_members(_values(members, rows, classes), weights)


def winners_probability(
    members: FloatArray, votes: IntArray, weights: FloatArray, rows: IntArray, classes: IntArray
) -> FloatArray:
    """Compute the weighted sum of each tied class's probability over the members that voted for it."""
    return _sum_over_members(_values(members, rows, classes) * (votes[:, rows] == classes), weights)


def rank(members: FloatArray, votes: IntArray, weights: FloatArray, rows: IntArray, classes: IntArray) -> FloatArray:
    """Compute minus the weighted sum of each tied class's rank in every member's own ordering of the row."""
    ranks = ranks_of(members, rows, classes)
    if (weights == weights[0]).all():
        exact: FloatArray = -weights[0] * ranks.sum(axis=0)  # a sum of integers has no order
        return exact
    return -_sum_over_members(ranks, weights)


TIES: dict[str, TieBreak] = {
    "first": first,
    "probability": probability,
    "rank": rank,
    "winners_probability": winners_probability,
}


def _values(members: FloatArray, rows: IntArray, classes: IntArray) -> FloatArray:
    values: FloatArray = members[:, rows, classes]
    return values


def _sum_over_members(values: FloatArray | IntArray, weights: FloatArray) -> FloatArray:
    total: FloatArray = np.sort(values * weights[:, None], axis=0).sum(axis=0)
    return total
