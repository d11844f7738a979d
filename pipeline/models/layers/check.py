"""What is asked of a number of layers."""

from pipeline.errors import UserError


def check_n(word: str, n: int, n_layers: int) -> None:
    """Raise UserError where the encoder has not `n` layers."""
    if not 1 <= n <= n_layers:
        raise UserError(f"layers {word}: got n {n}, 1 to {n_layers} are allowed, the layers of the encoder")
