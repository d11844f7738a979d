"""What is asked of a number of layers."""

from pipeline.errors import UserError


def check_layers(word: str, n_layers: int) -> None:
    """Raise UserError where the encoder has no layers, as word vectors have none."""
    if n_layers < 1:
        raise UserError(f"layers {word}: this encoder has no layers to choose from; set layers to last")


def check_n(word: str, n: int, n_layers: int) -> None:
    """Raise UserError where the encoder has not `n` layers."""
    check_layers(word, n_layers)
    if not 1 <= n <= n_layers:
        raise UserError(f"layers {word}: got n {n}, 1 to {n_layers} are allowed, the layers of the encoder")
