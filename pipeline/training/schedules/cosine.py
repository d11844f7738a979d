"""Down to nothing along half a cosine."""

import math


def cosine(progress: float) -> float:
    """1 at the end of the warm-up, 0 at the end of training, slowest at both ends (Loshchilov and Hutter 2017)."""
    return (1 + math.cos(math.pi * progress)) / 2
