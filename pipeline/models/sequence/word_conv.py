"""Convolutions over tokens beside the words that they lie in."""

from typing import Literal

import torch
from torch import Tensor, nn

from pipeline.errors import UserError
from pipeline.models.sequence.textcnn import check_convolution, convolve
from pipeline.ranges import AtLeastOne, Widths


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
        """states [B, T, H], attention_mask and word_ids [B, T], 0 for no word → [B, T, filters x widths]."""
        bucket = torch.where(word_ids > 0, 1 + word_ids % self.buckets, 0)
        beside = torch.cat([states, self.words(bucket).to(states.dtype)], dim=-1)  # [B, T, H + size]
        return convolve(self.convolutions, beside, attention_mask)
