"""A bidirectional GRU."""

from torch import nn

from pipeline.models.bidirectional import Bidirectional


def gru(width: int, *, size: int) -> Bidirectional:
    """GRU (Cho et al. 2014, arXiv:1406.1078) in both directions, `size` units in each: width → 2 x size."""
    return Bidirectional(nn.GRU, width, size)
