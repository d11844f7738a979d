"""What a fusion rule is to the rest of the pipeline: it may learn from labels, and it gives scores.

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
        """What `fit` learns."""

    def fit(self, oof_probs: FloatArray, y: IntArray, fold_ids: IntArray) -> Any:
        """Learn from out-of-fold probs [M, N, C], labels [N] and folds [N]; return what was learned."""

    def apply(self, probs: FloatArray, state: Any) -> FloatArray:
        """Scores [n, C] >= 0, larger is better, of probabilities [M, n, C], with what `fit` returned."""

    def describe(self, state: Any, names: Sequence[str]) -> Any:
        """What `fit` learned, for reports/fusion.json, with the members' names [M]; None where there is nothing."""

    def dump(self, state: Any) -> dict[str, Any]:
        """What `apply` needs of the state, under names: each is an array, or plain JSON."""

    def load(self, dumped: Mapping[str, Any]) -> Any:
        """The state that `dump` wrote down: `apply` gives the same scores with it."""

    def n_fitted(self, n_members: int, n_classes: int) -> int:
        """How many numbers `fit` takes from the labels: the fewer, the simpler the rule."""


@dataclass(frozen=True)
class FixedRule:
    """A rule that learns nothing: `scores` turns probabilities [M, n, C] into scores [n, C]."""

    scores: Callable[[FloatArray], FloatArray]
    tuning: Tuning = "none"

    def fit(self, oof_probs: FloatArray, y: IntArray, fold_ids: IntArray) -> None:
        """Nothing is learned."""

    def apply(self, probs: FloatArray, state: None) -> FloatArray:
        """The scores."""
        return self.scores(probs)

    def describe(self, state: None, names: Sequence[str]) -> None:
        """Nothing was learned."""

    def dump(self, state: None) -> dict[str, Any]:
        """Nothing."""
        return {}

    def load(self, dumped: Mapping[str, Any]) -> None:
        """Nothing."""

    def n_fitted(self, n_members: int, n_classes: int) -> int:
        """None."""
        return 0
