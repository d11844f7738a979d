"""Down to nothing in a straight line."""


def linear(progress: float) -> float:
    """1 at the end of the warm-up, 0 at the end of training."""
    return 1.0 - progress
