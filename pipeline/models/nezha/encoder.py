"""The stack of NEZHA layers. Attributes are named as checkpoints name them: hence `self` and `LayerNorm`."""

from torch import Tensor, nn
from transformers.activations import ACT2FN

from pipeline.models.nezha.config import NezhaConfig
from pipeline.models.nezha.relative_attention import NezhaSelfAttention
from pipeline.models.packing import Packing


class NezhaResidual(nn.Module):
    """A projection back to the hidden size, dropout, the residual connection and layer normalisation."""

    def __init__(self, input_size: int, config: NezhaConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(input_size, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, states: Tensor, residual: Tensor) -> Tensor:
        """Project, drop out, add and normalise: `states` [B, T, input_size] and `residual` [B, T, H] to [B, T, H]."""
        normalised: Tensor = self.LayerNorm(self.dropout(self.dense(states)) + residual)
        return normalised


class NezhaAttention(nn.Module):
    """Self-attention and its residual connection."""

    def __init__(self, config: NezhaConfig) -> None:
        super().__init__()
        self.self = NezhaSelfAttention(config)
        self.output = NezhaResidual(config.hidden_size, config)

    def forward(
        self,
        hidden_states: Tensor,
        relative_positions: Tensor,
        attention_bias: Tensor | None,
        packing: Packing | None = None,
    ) -> Tensor:
        """Attend: [B, T, H] to [B, T, H], or packed; see the function `attend` for the other arguments."""
        context = self.self(hidden_states, hidden_states, relative_positions, attention_bias, packing)
        attended: Tensor = self.output(context, hidden_states)
        return attended


class NezhaIntermediate(nn.Module):
    """The widening half of the feed-forward network."""

    def __init__(self, config: NezhaConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.intermediate_size)
        self.activation = ACT2FN[config.hidden_act]

    def forward(self, hidden_states: Tensor) -> Tensor:
        """Widen each state: [B, T, H] to [B, T, intermediate_size]."""
        widened: Tensor = self.activation(self.dense(hidden_states))
        return widened


class NezhaLayer(nn.Module):
    """Attention, then the feed-forward network."""

    def __init__(self, config: NezhaConfig) -> None:
        super().__init__()
        self.attention = NezhaAttention(config)
        self.intermediate = NezhaIntermediate(config)
        self.output = NezhaResidual(config.intermediate_size, config)

    def forward(
        self,
        hidden_states: Tensor,
        relative_positions: Tensor,
        attention_bias: Tensor | None,
        packing: Packing | None = None,
    ) -> Tensor:
        """Compute one layer: [B, T, H] to [B, T, H], or packed; see `attend` for the other arguments."""
        attended = self.attention(hidden_states, relative_positions, attention_bias, packing)
        transformed: Tensor = self.output(self.intermediate(attended), attended)
        return transformed


class NezhaEncoder(nn.Module):
    """All layers, one after the other."""

    def __init__(self, config: NezhaConfig) -> None:
        super().__init__()
        self.layer = nn.ModuleList([NezhaLayer(config) for _ in range(config.num_hidden_layers)])

    def forward(
        self,
        hidden_states: Tensor,
        relative_positions: Tensor,
        attention_bias: Tensor | None,
        packing: Packing | None = None,
    ) -> list[Tensor]:
        """Return the hidden states before the first layer and after each layer, [B, T, H] each, or packed."""
        all_states = [hidden_states]
        for layer in self.layer:
            all_states.append(layer(all_states[-1], relative_positions, attention_bias, packing))
        return all_states
