"""Class weights of each member, before fusion: every member's probabilities are weighed for macro-F1 on their own."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from pipeline.class_weights import Method, search
from pipeline.fusion import Rule
from pipeline.fusion.rule import Tuning
from pipeline.metrics.arrays import FloatArray, IntArray

RULE = "rule."  # before the names of what the rule dumps


class WeighedState(NamedTuple):
    """What `WeighedMembers` learned: the members' class weights [M, C], and the rule's state on weighed members."""

    class_weights: FloatArray
    of_rule: Any


@dataclass(frozen=True)
class WeighedMembers:
    """The fusion rule `rule` on members whose probabilities were first multiplied by class weights of their own.

    A member's weights are searched by `method` on the same rows that the rule learns from; `fuse_nested` therefore
    never lets them see the fold that is scored. Searched weights flatter the rows of the search, so these rows are
    scored with weights that were searched without them (`model`).

    Attributes:
        kept: class weights that were searched before, by the hash of their rows; rules that share `kept` search once.
    """

    rule: Rule
    method: Method
    kept: dict[bytes, FloatArray] = field(default_factory=dict)
    tuning: Tuning = "model"

    def fit(self, oof_probs: FloatArray, y: IntArray, fold_ids: IntArray) -> WeighedState:
        """Search the members' class weights, then let the rule learn."""
        oof_probs, y = np.ascontiguousarray(oof_probs), np.ascontiguousarray(y)
        rows = hashlib.sha256(oof_probs.data)
        rows.update(y.data)
        key = rows.digest()
        if key not in self.kept:
            found = [search(probs, y, self.method) for probs in oof_probs]
            self.kept[key] = np.stack([result.weights for result in found])
        class_weights = self.kept[key]
        return WeighedState(class_weights, self.rule.fit(weigh(oof_probs, class_weights), y, fold_ids))

    def apply(self, probs: FloatArray, state: WeighedState) -> FloatArray:
        """Compute the rule's scores [n, C] of the weighed members."""
        return self.rule.apply(weigh(probs, state.class_weights), state.of_rule)

    def describe(self, state: WeighedState, names: Sequence[str]) -> dict[str, Any]:
        """Return the members' class weights, and what the rule learned."""
        of_members = zip(names, state.class_weights.round(6).tolist(), strict=True)
        return {"class_weights": dict(of_members), "rule": self.rule.describe(state.of_rule, names)}

    def dump(self, state: WeighedState) -> dict[str, Any]:
        """Return the members' class weights [M, C], and under `rule.…` what the rule dumps."""
        of_rule = self.rule.dump(state.of_rule)
        return {"class_weights": state.class_weights, **{RULE + name: value for name, value in of_rule.items()}}

    def load(self, dumped: Mapping[str, Any]) -> WeighedState:
        """Return the dumped class weights and the state of the rule."""
        of_rule = {name.removeprefix(RULE): value for name, value in dumped.items() if name.startswith(RULE)}
        return WeighedState(dumped["class_weights"], self.rule.load(of_rule))

    def n_fitted(self, n_members: int, n_classes: int) -> int:
        """Count the numbers that the method fits for each member, and those that the rule takes."""
        return n_members * self.method.n_fitted(n_classes) + self.rule.n_fitted(n_members, n_classes)


def weigh(probs: FloatArray, class_weights: FloatArray) -> FloatArray:
    """Multiply probabilities [M, n, C] by the members' class weights [M, C], and scale rows to sum to one again."""
    weighed = np.asarray(probs) * class_weights[:, None]
    weighed /= weighed.sum(axis=2, keepdims=True)
    return weighed
