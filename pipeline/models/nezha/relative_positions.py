"""Functional relative positions: fixed sinusoids of the clipped distance between two tokens."""

import math

import torch
from torch import Tensor, nn


def sinusoid_table(max_relative_position: int, head_size: int) -> Tensor:
    """Encodings of the distances -R … R, in this order (Wei et al. 2019, section 3.1).

    Row r, of distance r - R, holds sin(r / 10000^(2k/d)) in column 2k and the cosine of that angle in 2k+1.
    (The paper writes r - R for the angle's r. The released code counts from 0, and so do all checkpoints.)

    Returns:
        float32 [2R+1, d], with R = `max_relative_position` and d = `head_size`, which must be even.
    """
    # float32 throughout: checkpoints were trained with angles of that precision; exact ones differ by 1e-5.
    rows = torch.arange(2 * max_relative_position + 1, dtype=torch.float32)
    even_columns = torch.arange(0, head_size, 2, dtype=torch.float32)
    angles = torch.outer(rows, torch.exp(even_columns * (-math.log(10000.0) / head_size)))
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1)


class NezhaRelativePositions(nn.Module):
    """Looks up the encoding of every pair of positions; one for all layers and heads, without weights."""

    table: Tensor

    def __init__(self, max_relative_position: int, head_size: int) -> None:
        super().__init__()
        self.max_relative_position = max_relative_position
        self.head_size = head_size
        self.register_buffer("table", self.compute_table(), persistent=False)

    def compute_table(self) -> Tensor:
        """The content of `table`, which `from_pretrained` needs again: it builds the model without values."""
        return sinusoid_table(self.max_relative_position, self.head_size)

    def forward(self, length: int, dtype: torch.dtype) -> Tensor:
        """[T, T, d] of `dtype`: at (i, j) the encoding of the distance j - i, clipped to -R … R."""
        positions = torch.arange(length, device=self.table.device)
        distances = positions[None, :] - positions[:, None]
        clipped = distances.clamp(-self.max_relative_position, self.max_relative_position)
        return self.table.to(dtype)[clipped + self.max_relative_position]
