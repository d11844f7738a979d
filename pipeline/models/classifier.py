"""Encoder, layers, sequence, poolers, head: the text classifier."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from pipeline.models.heads import LevelHead
from pipeline.models.packing import find_packing, packed_inputs


class ClassifierOutput(NamedTuple):
    """Logits [B, C], the pooled vectors [B, W] below them, and the logits [B, P] of the labels' first level."""

    logits: Tensor
    pooled: Tensor
    level_logits: Tensor | None = None


class TextClassifier(nn.Module):
    """A transformer encoder, and the layers that make class logits of its hidden states.

    Args:
        encoder: gives hidden states [B, T, H] of input ids.
        layers: which of the encoder's layers are read (`pipeline.models.layers`).
        sequence: what stands between these and the poolers, in order (`pipeline.models.sequence`).
        poolers: one or several (`pipeline.models.poolers`), of one width.
        combine: how several pooled vectors become one: `sum` or `concat`.
        head: gives class logits of the pooled vector.
        levels: gives logits of the labels' first level, where they have levels and it is wanted.
        first_token_alone: whether the states of the first token are all that is read. Layers and poolers get these
            alone, so that the encoder need not compute others in its last layer (`pipeline.models.last_layer`).
        packs: whether the encoder can compute packed tokens (`pipeline.models.packing`). Training does it on a CPU.
            Batches of prediction are of the nearest lengths of all texts, which leaves little padding, and on a GPU it
            was not measured.
    """

    def __init__(
        self,
        encoder: nn.Module,
        layers: nn.Module,
        sequence: Sequence[nn.Module],
        poolers: Sequence[nn.Module],
        combine: str,
        head: nn.Module,
        levels: LevelHead | None = None,
        *,
        first_token_alone: bool = False,
        packs: bool = False,
    ):
        super().__init__()
        self.encoder, self.layers, self.head, self.levels = encoder, layers, head, levels
        self.first_token_alone, self.packs = first_token_alone, packs
        self.sequence, self.poolers, self.combine = nn.ModuleList(sequence), nn.ModuleList(poolers), combine

    def forward(self, input_ids: Tensor, attention_mask: Tensor, word_ids: Tensor | None = None) -> ClassifierOutput:
        """Classify texts: input_ids, attention_mask [B, T] → logits [B, C], pooled [B, W], level_logits [B, P] or None.

        word_ids [B, T] are for sequence layers that read words.
        """
        states = self.layers(self._encode(input_ids, attention_mask), attention_mask)
        for layer in self.sequence:
            words = (word_ids,) if layer.reads_words else ()
            states = layer(states, attention_mask, *words)
        vectors = [pooler(states, attention_mask) for pooler in self.poolers]
        pooled = torch.cat(vectors, dim=-1) if self.combine == "concat" else sum(vectors[1:], vectors[0])
        logits = self.head(pooled)
        if self.levels is None:
            return ClassifierOutput(logits, pooled)
        level_logits = self.levels(pooled)
        return ClassifierOutput(self.levels.predict(logits, level_logits), pooled, level_logits)

    def _encode(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, ...]:
        """Return the hidden states that `layers` reads."""
        inputs: dict[str, Any] = {"input_ids": input_ids, "attention_mask": attention_mask}
        packs = self.packs and self.training and input_ids.device.type == "cpu"
        packing = find_packing(self.encoder, attention_mask) if packs else None
        if packing is not None:
            inputs = packed_inputs(self.encoder, input_ids, packing)
        if self.layers.all_layers:
            all_states = self.encoder(**inputs, output_hidden_states=True).hidden_states
        else:
            all_states = (self.encoder(**inputs).last_hidden_state,)
        if packing is not None:
            all_states = [packing.unpack(states) for states in all_states]
        return tuple(states[:, :1] for states in all_states) if self.first_token_alone else tuple(all_states)
