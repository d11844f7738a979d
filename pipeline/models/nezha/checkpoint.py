"""How the keys of published NEZHA checkpoints map to ours."""

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
