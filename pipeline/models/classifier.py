"""Encoder, pooler, head: the text classifier."""

from typing import NamedTuple

from torch import Tensor, nn


class ClassifierOutput(NamedTuple):
    """logits [B, C] and the pooled vectors [B, H] that they were made of."""

    logits: Tensor
    pooled: Tensor


class TextClassifier(nn.Module):
    """A transformer encoder, a pooler over its last hidden states, and a classification head."""

    def __init__(self, encoder: nn.Module, pooler: nn.Module, head: nn.Module):
        super().__init__()
        self.encoder, self.pooler, self.head = encoder, pooler, head

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> ClassifierOutput:
        """input_ids and attention_mask [B, T] → logits [B, C], pooled [B, H]."""
        hidden_states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        pooled = self.pooler(hidden_states, attention_mask)
        return ClassifierOutput(self.head(pooled), pooled)
