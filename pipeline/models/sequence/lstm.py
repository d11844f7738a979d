"""A bidirectional LSTM."""

from torch import nn

from pipeline.models.bidirectional import Bidirectional
from pipeline.ranges import AtLeastOne


def lstm(width: int, *, size: AtLeastOne) -> Bidirectional:
    """LSTM (Hochreiter and Schmidhuber 1997) in both directions, `size` units in each: width → 2 x size."""
    return Bidirectional(nn.LSTM, width, size)
