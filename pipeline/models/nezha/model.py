"""The NEZHA encoder: embeddings, layers and BERT's pooler, as a transformers model."""

from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers import initialization as init
from transformers.modeling_outputs import BaseModelOutputWithPooling
from transformers.utils.generic import can_return_tuple

from pipeline.models.nezha.config import IGNORED_KEYS, KEY_RENAMES, NezhaConfig, check_config
from pipeline.models.nezha.encoder import NezhaEncoder
from pipeline.models.nezha.relative_attention import NezhaRelativePositions
from pipeline.models.packing import Packing


class NezhaEmbeddings(nn.Module):
    """Word and token-type embeddings; there are no absolute positions."""

    def __init__(self, config: NezhaConfig) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(config.vocab_size, config.hidden_size, padding_idx=config.pad_token_id)
        self.token_type_embeddings = nn.Embedding(config.type_vocab_size, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, inputs_embeds: Tensor, token_type_ids: Tensor | None) -> Tensor:
        """Embed tokens: word embeddings [B, T, H] and types [B, T] (all 0 by default) to [B, T, H]."""
        if token_type_ids is None:
            token_types = self.token_type_embeddings.weight[0]
        else:
            token_types = self.token_type_embeddings(token_type_ids)
        embedded: Tensor = self.dropout(self.LayerNorm(inputs_embeds + token_types))
        return embedded


class NezhaPooler(nn.Module):
    """BERT's pooler: a dense layer and tanh on the first token."""

    def __init__(self, config: NezhaConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(self, hidden_states: Tensor) -> Tensor:
        """Pool the first token's state: [B, T, H] to [B, H]."""
        return torch.tanh(self.dense(hidden_states[:, 0]))


class NezhaPreTrainedModel(PreTrainedModel):  # type: ignore[no-untyped-call]
    """The common base of `NezhaModel` and `NezhaForMaskedLM`: how their weights are initialised and loaded."""

    config: NezhaConfig
    config_class = NezhaConfig
    base_model_prefix = "nezha"
    _keys_to_ignore_on_load_unexpected = IGNORED_KEYS

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)  # type: ignore[no-untyped-call]
        if isinstance(module, NezhaRelativePositions):
            init.copy_(module.table, module.compute_table())

    @classmethod
    def from_pretrained(cls, *args: Any, **kwargs: Any) -> Any:
        """Load a checkpoint as transformers does; keys may also have the names of older releases (`KEY_RENAMES`)."""
        kwargs["key_mapping"] = KEY_RENAMES | (kwargs.get("key_mapping") or {})
        loaded = super().from_pretrained(*args, **kwargs)
        model = loaded[0] if isinstance(loaded, tuple) else loaded
        # transformers would undo the renaming on saving; what we save has today's names.
        model._weight_conversions = []
        return loaded


class NezhaModel(NezhaPreTrainedModel):  # type: ignore[no-untyped-call]
    """The bare encoder.

    Raises:
        UserError: `config` describes no NEZHA (see `check_config`).
    """

    def __init__(self, config: NezhaConfig, add_pooling_layer: bool = True) -> None:
        check_config(config)
        super().__init__(config)
        self.embeddings = NezhaEmbeddings(config)
        self.relative_positions = NezhaRelativePositions(
            config.max_relative_position, config.hidden_size // config.num_attention_heads
        )
        self.encoder = NezhaEncoder(config)
        self.pooler = NezhaPooler(config) if add_pooling_layer else None
        self.post_init()  # type: ignore[no-untyped-call]

    def get_input_embeddings(self) -> nn.Embedding:
        """Return the word embeddings."""
        return self.embeddings.word_embeddings

    def set_input_embeddings(self, value: nn.Embedding) -> None:  # type: ignore[override]
        """Replace the word embeddings."""
        self.embeddings.word_embeddings = value

    @can_return_tuple  # type: ignore[untyped-decorator]
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        output_hidden_states: bool | None = None,
        packing: Packing | None = None,
    ) -> BaseModelOutputWithPooling:
        """Encode a batch.

        Args:
            input_ids: [B, T]; exactly one of `input_ids` and `inputs_embeds` is given.
            attention_mask: [B, T], 1 for tokens and 0 for padding; by default all are tokens.
            token_type_ids: [B, T], by default all 0.
            inputs_embeds: [B, T, H], taken for the word embeddings.
            output_hidden_states: also return the embeddings and each layer's output; by default as in config.
            packing: where the batch's tokens lie in `input_ids`, which are [1, P] then, as is what is returned; its
                mask takes the place of `attention_mask`.
        """
        if (input_ids is None) == (inputs_embeds is None):
            raise ValueError("give exactly one of input_ids and inputs_embeds")
        if inputs_embeds is None:
            inputs_embeds = self.embeddings.word_embeddings(input_ids)
        embedded = self.embeddings(inputs_embeds, token_type_ids)
        dtype = matmul_dtype(embedded)
        length = embedded.shape[1]
        if packing is not None:
            length, attention_mask = packing.mask.shape[1], packing.mask
        all_states = self.encoder(
            embedded,
            self.relative_positions(length, dtype),
            None if attention_mask is None else padding_bias(attention_mask, dtype),
            packing,
        )
        if output_hidden_states is None:
            output_hidden_states = self.config.output_hidden_states
        return BaseModelOutputWithPooling(
            last_hidden_state=all_states[-1],
            pooler_output=None if self.pooler is None else self.pooler(all_states[-1]),
            hidden_states=tuple(all_states) if output_hidden_states else None,
        )


def matmul_dtype(states: Tensor) -> torch.dtype:
    """Return the dtype of matrix products of `states`: autocast's where autocast is on, else that of `states`."""
    device_type = states.device.type
    if torch.is_autocast_enabled(device_type):
        return torch.get_autocast_dtype(device_type)
    return states.dtype


def padding_bias(attention_mask: Tensor, dtype: torch.dtype) -> Tensor:
    """Turn a mask into a bias for scores: [B, T] of 1 and 0 to [B, 1, 1, T] of 0 and the lowest number.

    The lowest number leaves a probability of 0.
    """
    padding = attention_mask[:, None, None, :] == 0
    return torch.zeros(padding.shape, dtype=dtype, device=padding.device).masked_fill(padding, torch.finfo(dtype).min)
