"""A ballot: who votes, by which rule. Ballots are plain mappings, as they stand in params.yaml."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from pipeline.fusion.ties import TIES

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
    """Those of `ballots` that `wanted` stand on, themselves included, in the order given."""
    needed = set(wanted)
    for name in reversed(list(ballots)):
        if name in needed:
            needed |= set(ballots[name]["voters"])
    return {name: ballot for name, ballot in ballots.items() if name in needed}
