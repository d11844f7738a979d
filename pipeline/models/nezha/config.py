"""The fields of a published NEZHA checkpoint's `config.json`, and how its keys map to ours."""

from transformers import PreTrainedConfig

from pipeline.errors import UserError


class NezhaConfig(PreTrainedConfig):  # type: ignore[no-untyped-call]
    """Fields of BERT's config, and `max_relative_position`; the defaults are those of NEZHA-base (Chinese).

    `max_relative_position` R: tokens further apart than R share the encoding of distance R; published
    models use 64. `max_position_embeddings` bounds nothing in the model, which has no absolute positions.
    """

    model_type = "nezha"

    vocab_size: int = 21128
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu"
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    max_position_embeddings: int = 512
    max_relative_position: int = 64
    use_relative_position: bool = True
    type_vocab_size: int = 2
    initializer_range: float = 0.02
    layer_norm_eps: float = 1e-12
    pad_token_id: int | None = 0
    tie_word_embeddings: bool = True


def check_config(config: NezhaConfig) -> None:
    """Refuse a shape that NEZHA cannot have.

    Raises:
        UserError: the heads do not divide `hidden_size` into even parts, `max_relative_position` is below 1,
            or the config asks for absolute positions.
    """
    hidden_size, n_heads = config.hidden_size, config.num_attention_heads
    if hidden_size % n_heads or (hidden_size // n_heads) % 2:
        raise UserError(
            f"NEZHA config: hidden_size {hidden_size} with num_attention_heads {n_heads} gives heads of "
            f"{hidden_size / n_heads:g} units; a head's size must be an even whole number (its sines and "
            "cosines come in pairs). Change one of the two."
        )
    if config.max_relative_position < 1:
        raise UserError(
            f"NEZHA config: max_relative_position is {config.max_relative_position}; it must be 1 or more "
            "(published checkpoints use 64)."
        )
    if not config.use_relative_position:
        raise UserError(
            "NEZHA config: use_relative_position is false, and such a model is a plain BERT with absolute "
            'positions. Say "model_type": "bert" in its config.json, or set use_relative_position to true.'
        )


# Regular expression -> replacement, applied to each key in this order. Keys without a prefix need no entry:
# transformers adds or strips `nezha.` itself.
KEY_RENAMES = {
    r"^bert\.": "nezha.",  # Huawei's PyTorch release and what was converted from it
    r"LayerNorm\.gamma$": "LayerNorm.weight",  # TensorFlow names
    r"LayerNorm\.beta$": "LayerNorm.bias",
}

# Regular expressions of keys that a checkpoint may hold and a model need not have. A key that the model has
# and the checkpoint lacks is reported all the same.
IGNORED_KEYS = [
    r"embeddings\.position_ids$",  # a counter, once saved by BERT's embeddings
    r"relative_positions_encoding\.",  # the sinusoids, which are computed
    r"^cls\.",  # heads of pretraining: the bare encoder has none, and ours has no next-sentence head
    r"^(nezha\.)?pooler\.",  # the masked language model has none
]
