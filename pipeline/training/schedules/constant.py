"""As high as the warm-up left it."""


def constant(progress: float) -> float:
    """1 until the end of training."""
    return 1.0
