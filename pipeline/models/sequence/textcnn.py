"""Convolutions over neighbouring tokens."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.errors import UserError
from pipeline.ranges import AtLeastOne, Widths


class TextCNN(nn.Module):
    """Convolutions of several widths side by side, under ReLU; with the pooler `max` it is TextCNN.

    Kim 2014, arXiv:1408.5882. Every token gets the filters' values around it; beyond a text's ends lie zeros, and
    padding counts as beyond.

    Args:
        width: H, of what is read.
        filters: of each width; what is given has width filters x the number of `widths`.
        widths: tokens that a filter sees; an even one sees one token more to the right.

    Raises:
        UserError: for a number of filters or a width below 1.
    """

    reads_words = False

    def __init__(self, width: int, *, filters: AtLeastOne, widths: Widths):
        super().__init__()
        check_convolution("textcnn", filters, widths)
        self.output_size = filters * len(widths)
        self.convolutions = nn.ModuleList(nn.Conv1d(width, filters, size) for size in widths)

    def forward(self, states: Tensor, attention_mask: Tensor) -> Tensor:
        """states [B, T, H], attention_mask [B, T] → [B, T, filters x widths]."""
        return convolve(self.convolutions, states, attention_mask)


def check_convolution(word: str, filters: int, widths: Sequence[int]) -> None:
    """Raise UserError for a number of filters or a width below 1, and for no width."""
    if filters < 1:
        raise UserError(f"sequence {word}: got filters {filters}, 1 or more is allowed")
    if not widths or not all(isinstance(size, int) and size >= 1 for size in widths):
        raise UserError(
            f"sequence {word}: got widths {list(widths)}, numbers of tokens from 1 are allowed, as in [2, 3, 4]"
        )


def convolve(convolutions: nn.ModuleList, states: Tensor, attention_mask: Tensor) -> Tensor:
    """What the convolutions give at every token, under ReLU: [B, T, H] → [B, T, the sum of their filters]."""
    columns = states.masked_fill(attention_mask.unsqueeze(-1) == 0, 0.0).transpose(1, 2)  # [B, H, T]
    found = []
    for convolution in convolutions:
        around = int(convolution.kernel_size[0]) - 1  # type: ignore[index,arg-type]
        found.append(convolution(functional.pad(columns, (around // 2, around - around // 2))))
    return torch.relu(torch.cat(found, dim=1)).transpose(1, 2)
