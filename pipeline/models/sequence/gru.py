"""A bidirectional GRU."""

from torch import nn

from pipeline.models.bidirectional import Bidirectional
from pipeline.ranges import AtLeastOne


def gru(width: int, *, size: AtLeastOne) -> Bidirectional:
    """GRU (Cho et al. 2014, arXiv:1406.1078) in both directions, `size` units in each: width → 2 x size."""
    return Bidirectional(nn.GRU, width, size)
