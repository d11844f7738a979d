"""Layers between encoder and poolers. Padding never changes what they give for a real token.

Each is a module made with the width of what it reads; it says `output_size`, the width of what it gives. `forward`
takes hidden states [B, T, H] and the attention mask [B, T], and gives [B, T, output_size]. Where it says `reads_words`,
it takes word_ids [B, T] too, and the word of params.yaml has an argument `segment`.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.errors import UserError
from pipeline.models.bidirectional import Bidirectional
from pipeline.ranges import AtLeastOne, Widths


def lstm(width: int, *, size: AtLeastOne) -> Bidirectional:
    """Make an LSTM (Hochreiter and Schmidhuber 1997) in both directions, `size` units in each: width → 2 x size."""
    return Bidirectional(nn.LSTM, width, size)


def gru(width: int, *, size: AtLeastOne) -> Bidirectional:
    """Make a GRU (Cho et al. 2014, arXiv:1406.1078) in both directions, `size` units in each: width → 2 x size."""
    return Bidirectional(nn.GRU, width, size)


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
        """Convolve texts: states [B, T, H], attention_mask [B, T] → [B, T, filters x widths]."""
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
    """Apply the convolutions at every token, under ReLU: [B, T, H] → [B, T, the sum of their filters]."""
    columns = states.masked_fill(attention_mask.unsqueeze(-1) == 0, 0.0).transpose(1, 2)  # [B, H, T]
    found = []
    for convolution in convolutions:
        around = int(convolution.kernel_size[0]) - 1  # type: ignore[index,arg-type]
        found.append(convolution(functional.pad(columns, (around // 2, around - around // 2))))
    return torch.relu(torch.cat(found, dim=1)).transpose(1, 2)


class WordConv(nn.Module):
    """`TextCNN` over [token ; word]: each hidden state is read beside a vector of the word that its token lies in.

    The vectors are learned from scratch. A word has the one of its hash (Weinberger et al. 2009, arXiv:0902.2206), so
    there is no list of words; two words of one bucket share theirs. Tokens outside words start from zeros.

    Args:
        width: H, of what is read.
        segment: what a word is; the member's reader makes the word_ids by it.
        buckets: different vectors of words.
        size: of a word's vector.
        filters: of each width; what is given has width filters x the number of `widths`.
        widths: tokens that a filter sees; an even one sees one token more to the right.

    Raises:
        UserError: for a number of buckets or filters, a size or a width below 1.
    """

    reads_words = True

    def __init__(
        self,
        width: int,
        *,
        segment: Literal["whitespace", "jieba"],
        buckets: AtLeastOne,
        size: AtLeastOne,
        filters: AtLeastOne,
        widths: Widths,
    ):
        super().__init__()
        check_convolution("word_conv", filters, widths)
        if min(buckets, size) < 1:
            raise UserError(f"sequence word_conv: got buckets {buckets} and size {size}, 1 or more is allowed")
        self.buckets, self.output_size = buckets, filters * len(widths)
        self.words = nn.Embedding(buckets + 1, size, padding_idx=0)
        self.convolutions = nn.ModuleList(nn.Conv1d(width + size, filters, n) for n in widths)

    def forward(self, states: Tensor, attention_mask: Tensor, word_ids: Tensor) -> Tensor:
        """Convolve texts: states [B, T, H], mask and word_ids [B, T], 0 for no word → [B, T, filters x widths]."""
        bucket = torch.where(word_ids > 0, 1 + word_ids % self.buckets, 0)
        beside = torch.cat([states, self.words(bucket).to(states.dtype)], dim=-1)  # [B, T, H + size]
        return convolve(self.convolutions, beside, attention_mask)
