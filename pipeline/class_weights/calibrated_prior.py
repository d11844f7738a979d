"""Class weights that calibrate each class by maximum likelihood, times prior ** -tau with tau chosen by macro-F1."""

from pipeline.class_weights.starts import best_of, calibrated_family
from pipeline.metrics.arrays import FloatArray, IntArray


def calibrated_prior(scores: FloatArray, y: IntArray, seed: int) -> tuple[FloatArray, int]:
    """Class weights [C] and the number of evaluations; scores [N, C] >= 0, labels [N]. Nothing is random.

    Weights are fitted to the likelihood, so only tau is tuned on macro-F1 itself and little is over-fitted.
    """
    family = calibrated_family(scores, y)
    return best_of(family, scores, y), len(family)
