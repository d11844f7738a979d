"""Voting in declared rounds: a ballot's voters are members or earlier ballots, which thus stand for election again."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from pipeline.fusion.ballots import Ballots, check_ballots, needed_for
from pipeline.fusion.blocks import Block, map_blocks
from pipeline.fusion.checks import Members, check_members, check_weights
from pipeline.fusion.probability_average import mean_probabilities
from pipeline.fusion.rank_average import rank_scores
from pipeline.fusion.vote_scores import block_scores, put_ahead
from pipeline.metrics.arrays import FloatArray, IntArray

Standing: TypeAlias = dict[str, tuple[FloatArray, IntArray]]  # name -> probabilities [B, C] and labels [B]


class BallotResult(NamedTuple):
    """The outcome of one ballot. N rows, C classes."""

    labels: IntArray  # [N]
    probs: FloatArray  # [N, C], rows sum to one, the argmax is the label


def run_rounds(
    ballots: Ballots,
    probs: Members,
    names: Sequence[str],
    keep: Sequence[str] | None = None,
) -> dict[str, BallotResult]:
    """Hold the ballots, one after the other, on members `names` [M] with `probs` [M, N, C], or M arrays [N, C].

    `ballots` maps a ballot's name to its `voters` (members, or ballots before it), its `rule` (vote, rank_average,
    probability_average or geometric_average), its `tie` where the rule is vote (see `vote`), and `weights` of the
    voters. What a ballot brings to the next one is its label and, as its probabilities, its scores scaled to sum to
    one: after a vote the shares of the votes, then the tie-break (see `vote_scores`).

    Returns every ballot, or those in `keep`. Rows are read in blocks; each result takes N × C doubles of memory.
    Raises ValueError, naming the ballot, for what `check_ballots` refuses, and for `probs` that are not probabilities.
    """
    kept = list(ballots) if keep is None else list(keep)
    outcomes = _hold_all(ballots, probs, names, kept)
    shape = np.shape(probs[0])
    results = {name: BallotResult(np.empty(shape[0], dtype=np.int64), np.empty(shape)) for name in kept}
    for rows, outcome in outcomes:
        for name, result in results.items():
            result.probs[rows], result.labels[rows] = outcome[name]
    return results


def round_labels(ballots: Ballots, probs: Members, names: Sequence[str], keep: Sequence[str]) -> IntArray:
    """The labels [len(keep), N] of some ballots of `run_rounds`, whose probabilities are let go block by block."""
    outcomes = _hold_all(ballots, probs, names, keep)
    labels: IntArray = np.empty((len(keep), len(probs[0])), dtype=np.int64)
    for rows, outcome in outcomes:
        for own, name in zip(labels, keep, strict=True):
            own[rows] = outcome[name][1]
    return labels


def _hold_all(
    ballots: Ballots, probs: Members, names: Sequence[str], keep: Sequence[str]
) -> Iterator[tuple[slice, Standing]]:
    """Check the ballots, and return the outcomes of those in `keep` on one block of rows after the other."""
    members = check_members(probs)
    if len(names) != len(members):
        raise ValueError(f"names has {len(names)} entries for {len(members)} members")
    check_ballots(ballots, names)
    unknown = [name for name in keep if name not in ballots]
    if unknown:
        raise ValueError(f"keep names {unknown[0]!r}; one of {', '.join(ballots)} is allowed")
    held = needed_for(keep, ballots)

    def hold_block(block: Block) -> Standing:
        standing = dict(zip(names, zip(block.members, block.votes, strict=True), strict=True))
        for name, ballot in held.items():
            standing[name] = _hold(ballot, standing, block.rows)
        return {name: standing[name] for name in keep}

    return map_blocks(hold_block, members, distributions=True)


def _hold(ballot: Mapping[str, Any], standing: Standing, rows: slice) -> tuple[FloatArray, IntArray]:
    """The probabilities [B, C] and labels [B] of one ballot on the rows of one block."""
    voters, rule = list(ballot["voters"]), ballot.get("rule", "vote")
    weights = check_weights(ballot.get("weights"), len(voters))
    voters = [voter for voter, weight in zip(voters, weights, strict=True) if weight > 0]
    weights = weights[weights > 0]
    members = np.stack([standing[voter][0] for voter in voters])
    if rule == "vote":
        votes = np.stack([standing[voter][1] for voter in voters])
        scores = block_scores(Block(rows, members, votes), weights, ballot.get("tie", "rank"))
    elif rule == "rank_average":
        scores = rank_scores(members, weights)
    else:
        scores = mean_probabilities(
            members, weights, rule.removesuffix("_average").replace("probability", "arithmetic")
        )
    labels: IntArray = scores.argmax(axis=1)
    probs: FloatArray = scores / scores.sum(axis=1, keepdims=True)
    put_ahead(probs, labels)  # where rounding made two classes equal
    return probs, labels
