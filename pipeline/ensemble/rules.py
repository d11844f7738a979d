"""The candidates of `fusion` in params.yaml, each as a rule under its name."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from pipeline import registry
from pipeline.class_weights import Method, tunes
from pipeline.ensemble.weighed_members import WeighedMembers
from pipeline.fusion import FixedRule, Rule, run_rounds
from pipeline.metrics.arrays import FloatArray


def candidate_rules(fusion: Mapping[str, Any], members: Sequence[str]) -> dict[str, Rule]:
    """Every rule and ballot of the section `fusion`, once for each of its `member_weights`.

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


def _with_member_weights(rules: Mapping[str, Rule], piece: Mapping[str, Any]) -> dict[str, Rule]:
    method: Method = registry.make("class_weights", piece)
    if not tunes(method):
        return dict(rules)
    kept: dict[bytes, FloatArray] = {}
    return {f"{name}+{piece['name']}": WeighedMembers(rule, method, kept) for name, rule in rules.items()}


def _hold_ballot(ballots: Mapping[str, Any], members: Sequence[str], name: str, probs: FloatArray) -> FloatArray:
    return run_rounds(ballots, probs, members, keep=[name])[name].probs
