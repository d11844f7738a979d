"""Class weights prior ** -tau, with tau chosen: one number."""

from pipeline.class_weights.starts import best_of, prior_family
from pipeline.metrics.arrays import FloatArray, IntArray


def prior(scores: FloatArray, y: IntArray, seed: int) -> tuple[FloatArray, int]:
    """Class weights [C] and the number of evaluations; scores [N, C] >= 0, labels [N]. Nothing is random."""
    family = prior_family(scores, y)
    return best_of(family, scores, y), len(family)
