"""The candidates of `fusion` in params.yaml, each as a rule under its name."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from pipeline import registry
from pipeline.class_weights import Method, tunes
from pipeline.fusion import FixedRule, Rule, run_rounds
from pipeline.fusion.rounds import needed_for
from pipeline.fusion.weighed_members import WeighedMembers
from pipeline.metrics.arrays import FloatArray


def candidate_rules(fusion: Mapping[str, Any], members: Sequence[str]) -> dict[str, Rule]:
    """Make every rule and ballot of the section `fusion`, once for each of its `member_weights`.

    `members` are all that take part, in the order of the arrays. A candidate whose members get class weights of their
    own is named rule+method. Of a single member no rule is made: there is nothing to fuse.
    """
    rules: dict[str, Rule] = {}
    if len(members) > 1:
        rules = {piece["name"]: registry.make("fusion", piece) for piece in fusion["rules"]}
    ballots = fusion["ballots"]
    rules |= {name: FixedRule(partial(_hold_ballot, ballots, list(members), name)) for name in ballots}
    return {
        named: weighed
        for piece in fusion["member_weights"]
        for named, weighed in _with_member_weights(rules, piece).items()
    }


def rule_of(candidate: str, fusion: Mapping[str, Any], members: Sequence[str]) -> Rule:
    """Return the rule under a candidate's name: one of `candidate_rules`, or the member of that name alone."""
    if candidate in members:
        return FixedRule(partial(_take, members.index(candidate)))
    return candidate_rules(fusion, members)[candidate]


def part_for(candidate: str, fusion: Mapping[str, Any], members: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """Return the part of `fusion` that makes the candidate, and the members without which it cannot be made."""
    nothing: dict[str, Any] = {"rules": [], "ballots": {}, "member_weights": []}
    if candidate in members:
        return nothing, [candidate]
    name, _, method = candidate.partition("+")
    pieces = [piece for piece in fusion["member_weights"] if (piece["name"] if _tunes(piece) else "") == method]
    ballots = needed_for([name], fusion["ballots"])
    part = nothing | {"ballots": ballots, "member_weights": pieces[:1]}
    if not ballots:
        return part | {"rules": [piece for piece in fusion["rules"] if piece["name"] == name]}, list(members)
    voters = {voter for ballot in ballots.values() for voter in ballot["voters"]}
    return part, [member for member in members if member in voters]


def _tunes(piece: Mapping[str, Any]) -> bool:
    return tunes(registry.make("class_weights", piece))


def _with_member_weights(rules: Mapping[str, Rule], piece: Mapping[str, Any]) -> dict[str, Rule]:
    method: Method = registry.make("class_weights", piece)
    if not tunes(method):
        return dict(rules)
    kept: dict[bytes, FloatArray] = {}
    return {f"{name}+{piece['name']}": WeighedMembers(rule, method, kept) for name, rule in rules.items()}


def _take(index: int, probs: FloatArray) -> FloatArray:
    of_member: FloatArray = probs[index]
    return of_member


def _hold_ballot(ballots: Mapping[str, Any], members: Sequence[str], name: str, probs: FloatArray) -> FloatArray:
    return run_rounds(ballots, probs, members, keep=[name])[name].probs
