"""Voting in declared rounds: a ballot's voters are members or earlier ballots, which thus stand for election again.

Ballots are plain mappings, as they stand in params.yaml.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from pipeline.fusion.averages import mean_probabilities, rank_scores
from pipeline.fusion.blocks import Block, map_blocks
from pipeline.fusion.checks import Members, check_members, check_weights
from pipeline.fusion.voting import TIES, block_scores, put_ahead
from pipeline.metrics.arrays import FloatArray, IntArray

Ballots: TypeAlias = Mapping[str, Mapping[str, Any]]
BALLOT_RULES = ("vote", "rank_average", "probability_average", "geometric_average")
KEYS = ("voters", "rule", "tie", "weights")


def check_ballots(ballots: Ballots, names: Sequence[str]) -> None:
    """Raise ValueError, naming the ballot, unless each can be held, in this order, among the members `names`.

    A ballot has `voters`, members or ballots before it, each named once; `rule` (by default vote), `tie` (rank) and
    `weights` (one for each voter; equal ones) may be given.
    """
    if len(set(names)) < len(names):
        raise ValueError(f"names is {list(names)}; members' names must differ")
    known = list(names)
    for name, ballot in ballots.items():
        _check_ballot(name, ballot, known)
        known.append(name)


def _check_ballot(name: str, ballot: Mapping[str, Any], known: Sequence[str]) -> None:
    if name in known:
        raise ValueError(f"ballot {name!r}: the name is taken by a member or an earlier ballot")
    unknown = [key for key in ballot if key not in KEYS]
    if unknown:
        raise ValueError(f"ballot {name!r}: {unknown[0]!r} is not a known key; allowed: {', '.join(KEYS)}")
    voters = list(ballot.get("voters", ()))
    strangers = [voter for voter in voters if voter not in known]
    if not voters or strangers or len(set(voters)) < len(voters):
        raise ValueError(
            f"ballot {name!r}: voters is {voters}; one or more of {', '.join(known)}, each once, is allowed"
        )
    rule, tie, weights = ballot.get("rule", "vote"), ballot.get("tie", "rank"), ballot.get("weights")
    if rule not in BALLOT_RULES:
        raise ValueError(f"ballot {name!r}: rule is {rule!r}; one of {', '.join(BALLOT_RULES)} is allowed")
    if tie not in TIES:
        raise ValueError(f"ballot {name!r}: tie is {tie!r}; one of {', '.join(TIES)} is allowed")
    if weights is not None and (len(weights) != len(voters) or not min(weights) >= 0 or not 0 < sum(weights) < 1e300):
        raise ValueError(
            f"ballot {name!r}: weights is {list(weights)}; one of at least 0 for each of {len(voters)} voters, "
            "and not all 0, is needed"
        )


def needed_for(wanted: Sequence[str], ballots: Ballots) -> dict[str, Mapping[str, Any]]:
    """Return the ballots that `wanted` depend on, `wanted` included, in the order of `ballots`."""
    needed = set(wanted)
    for name in reversed(list(ballots)):
        if name in needed:
            needed |= set(ballots[name]["voters"])
    return {name: ballot for name, ballot in ballots.items() if name in needed}


Standing: TypeAlias = dict[str, tuple[FloatArray, IntArray]]  # name -> probabilities [B, C] and labels [B]


class BallotResult(NamedTuple):
    """The outcome of a ballot. N rows, C classes."""

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
    """Return the labels [len(keep), N] of some ballots of `run_rounds`; probabilities are let go block by block."""
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
    """Hold one ballot on the rows of one block: → probabilities [B, C] and labels [B]."""
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
