"""Poolers: from the hidden states of a text's tokens to one vector, which padding never changes."""

import torch
from torch import Tensor, nn

from pipeline.errors import UserError
from pipeline.ranges import AtLeastOne


class CLSPooler(nn.Module):
    """The hidden state of `[CLS]`, which attention has made a summary of the text (Devlin et al. 2019)."""

    def __init__(self, hidden_size: int):
        super().__init__()

    def forward(self, hidden_states: Tensor, attention_mask: Tensor) -> Tensor:
        """Take the first token: hidden_states [B, T, H], or [B, 1, H] of that token, attention_mask [B, T] → [B, H]."""
        return hidden_states[:, 0]


class MeanPooler(nn.Module):
    """The mean of the hidden states of the real tokens; padding counts neither above nor below the line."""

    def __init__(self, hidden_size: int):
        super().__init__()

    def forward(self, hidden_states: Tensor, attention_mask: Tensor) -> Tensor:
        """Average the real tokens: hidden_states [B, T, H], attention_mask [B, T] → [B, H]."""
        mask = attention_mask.unsqueeze(-1).to(hidden_states.dtype)  # [B, T, 1]
        return (hidden_states * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)


class MaxPooler(nn.Module):
    """For each dimension, the largest value among the real tokens."""

    def __init__(self, hidden_size: int):
        super().__init__()

    def forward(self, hidden_states: Tensor, attention_mask: Tensor) -> Tensor:
        """Take the largest values: hidden_states [B, T, H], attention_mask [B, T] → [B, H]."""
        padding = attention_mask.unsqueeze(-1) == 0
        return hidden_states.masked_fill(padding, float("-inf")).amax(dim=1)


class SelfAttentionPooler(nn.Module):
    """The mean of the tokens, each weighed by a small network that reads it alone.

    weights = softmax over the real tokens of v · tanh(W h): one hop of Lin et al. 2017, arXiv:1703.03130.

    Args:
        hidden_size: H.
        size: rows of W.

    Raises:
        UserError: for a `size` below 1.
    """

    def __init__(self, hidden_size: AtLeastOne, *, size: AtLeastOne):
        super().__init__()
        if size < 1:
            raise UserError(f"pooler self_attention: got size {size}, 1 or more is allowed")
        self.inner = nn.Linear(hidden_size, size)
        self.score = nn.Linear(size, 1, bias=False)

    def forward(self, hidden_states: Tensor, attention_mask: Tensor) -> Tensor:
        """Average the tokens by their weights: hidden_states [B, T, H], attention_mask [B, T] → [B, H]."""
        scores = self.score(torch.tanh(self.inner(hidden_states))).float()  # [B, T, 1]
        weights = scores.masked_fill(attention_mask.unsqueeze(-1) == 0, float("-inf")).softmax(dim=1)
        pooled: Tensor = (weights.to(hidden_states.dtype) * hidden_states).sum(dim=1)
        return pooled


class DynamicRoutingPooler(nn.Module):
    """A few capsules that collect the tokens' vectors: each token sends more of its own to those that agree with it.

    Dynamic routing (Sabour et al. 2017, arXiv:1710.09829) used as an aggregation of hidden states (Gong et al. 2018,
    arXiv:1806.01501). One projection is shared by all tokens; padding sends nothing.

    Args:
        hidden_size: H; also the length of the pooled vector, so `capsules` must divide it.
        capsules: number of output capsules, each of H / capsules dimensions.
        iterations: routing iterations.

    Raises:
        UserError: for capsules that do not divide H, or no iteration.
    """

    def __init__(self, hidden_size: int, *, capsules: AtLeastOne, iterations: AtLeastOne):
        super().__init__()
        if capsules < 1 or hidden_size % capsules:
            raise UserError(
                f"pooler dynamic_routing: got capsules {capsules}, a divisor of the encoder's hidden size "
                f"{hidden_size} is allowed; change it, or take another pooler"
            )
        if iterations < 1:
            raise UserError(f"pooler dynamic_routing: got iterations {iterations}, 1 or more is allowed")
        self.capsules, self.iterations = capsules, iterations
        self.projection = nn.Linear(hidden_size, hidden_size)

    def forward(self, hidden_states: Tensor, attention_mask: Tensor) -> Tensor:
        """Route the tokens: hidden_states [B, T, H], attention_mask [B, T] → [B, H], the capsules in a row."""
        batch, tokens, hidden = hidden_states.shape
        sent = self.projection(hidden_states).float()
        sent = sent.view(batch, tokens, self.capsules, hidden // self.capsules)
        with torch.autocast(sent.device.type, enabled=False):  # it would route in bfloat16
            return self._route(sent, attention_mask).reshape(batch, hidden)

    def _route(self, sent: Tensor, attention_mask: Tensor) -> Tensor:
        """Route `sent` [B, T, K, D], the vector that each token has for each capsule, to the capsules [B, K, D]."""
        real = attention_mask.to(sent.dtype).unsqueeze(-1)  # [B, T, 1]
        agreement = sent.new_zeros(sent.shape[:3])
        capsules = sent.new_zeros(len(sent), *sent.shape[2:])
        for _ in range(self.iterations):
            share = torch.softmax(agreement, dim=-1) * real  # [B, T, K]
            capsules = squash(torch.einsum("btk,btkd->bkd", share, sent))
            agreement = agreement + torch.einsum("bkd,btkd->btk", capsules, sent)
        return capsules


def squash(vectors: Tensor) -> Tensor:
    """Shrink each vector (last dimension) to a length below 1: |v|² / (1 + |v|²), its direction kept."""
    squared = vectors.square().sum(dim=-1, keepdim=True)
    return vectors * torch.sqrt(squared + 1e-9) / (1 + squared)
