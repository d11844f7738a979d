"""Learning rates after the warm-up.

`(progress)` → the factor of the peak learning rate, for progress from 0, the end of the warm-up, to 1, the end.
"""

import math


def linear(progress: float) -> float:
    """Return 1 at the end of the warm-up, falling evenly to 0 at the end of training."""
    return 1.0 - progress


def cosine(progress: float) -> float:
    """Return 1 at the end of the warm-up and 0 at the end of training, slowest at both (Loshchilov and Hutter 2017)."""
    return (1 + math.cos(math.pi * progress)) / 2


def constant(progress: float) -> float:
    """Return 1 until the end of training."""
    return 1.0
