"""A vote whose ties go to the better member."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.fusion.rule import Tuning
from pipeline.fusion.vote_scores import vote_scores
from pipeline.metrics import macro_f1
from pipeline.metrics.arrays import FloatArray, IntArray


@dataclass(frozen=True)
class VoteFirst:
    """The rule `vote_first` of params: ties go to the tied class that the best member voted for.

    What it learns is the order of the members: by macro-F1, best first, equal ones in the order given.
    """

    tuning: Tuning = "choice"

    def fit(self, oof_probs: FloatArray, y: IntArray, fold_ids: IntArray) -> IntArray:
        """The members' indices [M], best first."""
        n_classes = oof_probs.shape[2]
        scores = np.array([macro_f1(y, member.argmax(axis=1), n_classes) for member in oof_probs])
        return np.argsort(-scores, kind="stable")

    def apply(self, probs: FloatArray, state: IntArray) -> FloatArray:
        """The vote's scores [n, C] with the members in the order of `state`."""
        return vote_scores(probs[state], tie="first")

    def describe(self, state: IntArray, names: Sequence[str]) -> list[str]:
        """The members, best first."""
        return [names[index] for index in state]

    def dump(self, state: IntArray) -> dict[str, Any]:
        """The order of the members [M]."""
        return {"order": state}

    def load(self, dumped: Mapping[str, Any]) -> IntArray:
        """The order again."""
        order: IntArray = dumped["order"]
        return order

    def n_fitted(self, n_members: int, n_classes: int) -> int:
        """A place for each member."""
        return n_members
