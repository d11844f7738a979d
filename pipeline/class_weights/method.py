"""The interface of a method of class weights: a method finds weights, and says how much it fits for them.

Shapes: N rows, C classes.
"""

from typing import NamedTuple, Protocol

from pipeline.metrics.arrays import FloatArray, IntArray


class Fit(NamedTuple):
    """The result of a method: class weights, and the evaluations that they took."""

    weights: FloatArray  # [C], > 0, of any scale
    evaluations: int  # of macro-F1; for coordinate ascent, line searches over one class


class Method(Protocol):
    """A way to find class weights; the method's settings in params are arguments of its constructor.

    `rank` orders methods where pairs fit as many numbers, the smaller first: the steadier one, whose weights are most
    alike on other rows. No two methods have the same, also where they fit different numbers of their own, because the
    fusion may fit the difference. Ranks stand ten apart, so that a new method has a place between any two.
    """

    @property
    def rank(self) -> int:
        """The method's place among all methods, the steadiest first."""

    def fit(self, scores: FloatArray, y: IntArray, seed: int) -> Fit:
        """Find class weights for macro-F1 of argmax(weights * scores); scores [N, C] >= 0, labels [N]."""

    def n_fitted(self, n_classes: int) -> int:
        """Return how many numbers `fit` takes from the labels, the fewer the simpler: 0 for every C or for none."""


def tunes(method: Method) -> bool:
    """Return whether a method takes anything from the labels; if not, its weights are ones."""
    return method.n_fitted(2) > 0  # two classes are the fewest
