"""The interface of a fusion rule: a rule may learn from labels, and gives scores.

Shapes: M members, N rows, C classes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pipeline.metrics.arrays import FloatArray, IntArray

Tuning = Literal["none", "choice", "model"]


class Rule(Protocol):
    """A way to fuse members, in two steps, so that it can be tuned on some rows and scored on others.

    `tuning` says what `fit` learns from the labels:

    - `none`: nothing; the same scores come out whatever the labels;
    - `choice`: a few choices, such as an order or weights of members, that the rows they were made on hardly
      flatter; these rows are scored by them, too;
    - `model`: a model that knows the rows it was fitted on too well; those rows are scored by models that
      were fitted without their fold.
    """

    @property
    def tuning(self) -> Tuning:
        """How much `fit` learns from the labels: `none`, `choice` or `model`."""

    def fit(self, oof_probs: FloatArray, y: IntArray, fold_ids: IntArray) -> Any:
        """Learn from out-of-fold probs [M, N, C], labels [N] and folds [N]; return what was learned."""

    def apply(self, probs: FloatArray, state: Any) -> FloatArray:
        """Compute scores [n, C] >= 0, larger is better, of probabilities [M, n, C], with what `fit` returned."""

    def describe(self, state: Any, names: Sequence[str]) -> Any:
        """Describe what `fit` learned, for reports/fusion.json, with the members' names [M]; None where nothing was."""

    def dump(self, state: Any) -> dict[str, Any]:
        """Return the part of the state that `apply` needs, under names: each value is an array, or plain JSON."""

    def load(self, dumped: Mapping[str, Any]) -> Any:
        """Return the state that `dump` wrote down: `apply` gives the same scores with it."""

    def n_fitted(self, n_members: int, n_classes: int) -> int:
        """Return how many numbers `fit` takes from the labels: the fewer, the simpler the rule."""


@dataclass(frozen=True)
class FixedRule:
    """A rule that learns nothing: `scores` turns probabilities [M, n, C] into scores [n, C]."""

    scores: Callable[[FloatArray], FloatArray]
    tuning: Tuning = "none"

    def fit(self, oof_probs: FloatArray, y: IntArray, fold_ids: IntArray) -> None:
        """Learn nothing: the scores of a fixed rule need no state."""

    def apply(self, probs: FloatArray, state: None) -> FloatArray:
        """Compute the scores [n, C] of probabilities [M, n, C]."""
        return self.scores(probs)

    def describe(self, state: None, names: Sequence[str]) -> None:
        """Return None: a fixed rule has learned nothing to describe."""

    def dump(self, state: None) -> dict[str, Any]:
        """Return no entries: a fixed rule has no state."""
        return {}

    def load(self, dumped: Mapping[str, Any]) -> None:
        """Return None, the state of every fixed rule."""

    def n_fitted(self, n_members: int, n_classes: int) -> int:
        """Return 0: a fixed rule takes no number from the labels."""
        return 0
