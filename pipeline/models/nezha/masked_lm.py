"""NEZHA with the masked-language-model head, for pretraining and post-training."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers.activations import ACT2FN
from transformers.modeling_outputs import MaskedLMOutput
from transformers.utils.generic import can_return_tuple

from pipeline.models.nezha.config import NezhaConfig
from pipeline.models.nezha.model import NezhaModel, NezhaPreTrainedModel


class NezhaTransform(nn.Module):
    """The dense layer between the encoder and the decoder."""

    def __init__(self, config: NezhaConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.activation = ACT2FN[config.hidden_act]
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, hidden_states: Tensor) -> Tensor:
        """Transform states before the decoder: [..., H] to [..., H]."""
        transformed: Tensor = self.LayerNorm(self.activation(self.dense(hidden_states)))
        return transformed


class NezhaPredictions(nn.Module):
    """Scores of every word. Checkpoints call the bias `bias`, `decoder.bias` or both: the two are tied."""

    def __init__(self, config: NezhaConfig) -> None:
        super().__init__()
        self.transform = NezhaTransform(config)
        self.decoder = nn.Linear(config.hidden_size, config.vocab_size)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))

    def forward(self, hidden_states: Tensor) -> Tensor:
        """Score every word: [..., H] to [..., vocab_size]."""
        logits: Tensor = self.decoder(self.transform(hidden_states))
        return logits


class NezhaHead(nn.Module):
    """The predictions, held under the key that checkpoints use."""

    def __init__(self, config: NezhaConfig) -> None:
        super().__init__()
        self.predictions = NezhaPredictions(config)

    def forward(self, hidden_states: Tensor) -> Tensor:
        """Score every word: [..., H] to [..., vocab_size]; pass only the masked positions to save time."""
        logits: Tensor = self.predictions(hidden_states)
        return logits


class NezhaForMaskedLM(NezhaPreTrainedModel):  # type: ignore[no-untyped-call]
    """`NezhaModel` without its pooler, and a decoder tied to the word embeddings."""

    _tied_weights_keys = {  # noqa: RUF012 (transformers copies it)
        "cls.predictions.decoder.weight": "nezha.embeddings.word_embeddings.weight",
        "cls.predictions.decoder.bias": "cls.predictions.bias",
    }

    def __init__(self, config: NezhaConfig) -> None:
        super().__init__(config)
        self.nezha = NezhaModel(config, add_pooling_layer=False)
        self.cls = NezhaHead(config)
        self.post_init()  # type: ignore[no-untyped-call]

    def get_output_embeddings(self) -> nn.Linear:
        """Return the decoder."""
        return self.cls.predictions.decoder

    def set_output_embeddings(self, new_embeddings: nn.Linear) -> None:
        """Replace the decoder, and the bias with it."""
        self.cls.predictions.decoder = new_embeddings
        self.cls.predictions.bias = new_embeddings.bias

    @can_return_tuple  # type: ignore[untyped-decorator]
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        labels: Tensor | None = None,
        output_hidden_states: bool | None = None,
    ) -> MaskedLMOutput:
        """Score every word at every position.

        Args:
            input_ids: [B, T]; see `NezhaModel.forward`, also for the other arguments.
            attention_mask: [B, T].
            token_type_ids: [B, T].
            inputs_embeds: [B, T, H].
            labels: [B, T], the ids of masked tokens and -100 elsewhere; `loss` is their mean cross-entropy.
            output_hidden_states: also return the embeddings and every layer's output.
        """
        encoded = self.nezha(
            input_ids,
            attention_mask=attention_mask,
            token_type_ids=token_type_ids,
            inputs_embeds=inputs_embeds,
            output_hidden_states=output_hidden_states,
            return_dict=True,
        )
        logits = self.cls(encoded.last_hidden_state)
        loss = None if labels is None else F.cross_entropy(logits.flatten(0, 1), labels.flatten())
        return MaskedLMOutput(loss=loss, logits=logits, hidden_states=encoded.hidden_states)
