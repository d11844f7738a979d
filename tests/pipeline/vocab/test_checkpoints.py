"""Every method on every kind of checkpoint: what comes out is a normal Hugging Face directory that reads the text."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AlbertConfig,
    AutoModel,
    AutoModelForMaskedLM,
    AutoTokenizer,
    BertConfig,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
)

from pipeline.artifacts.checkpoint import save_encoder
from pipeline.vocab.alignment import AlignmentInputs
from pipeline.vocab.context.method import context
from pipeline.vocab.counts import count_tokens
from pipeline.vocab.frequency import frequency
from pipeline.vocab.identity import identity
from pipeline.vocab.new_rows import embedding, random
from pipeline.vocab.surgery import remap_model

PLAIN = [f"the {a} {b} on the {c} , and the {b} {a} ." for a in ("cat", "dog", "bird") for b in ("sat", "ran", "fell")
         for c in ("mat", "tree", "roof", "wall")]  # fmt: skip
SIZES: dict[str, int] = {"num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16, "hidden_size": 8}
METHODS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "frequency": (frequency, {"pin_rule": "no-digit", "window": 1}),
    "frequency, smoothed": (frequency, {"pin_rule": "no-digit", "window": 5}),
    "context": (context, {"pin_rule": "no-digit", "min_confidence": 0.0}),
    "embedding": (embedding, {"pin_rule": "no-digit", "epochs": 1, "window": 2}),
    "random": (random, {"pin_rule": "no-digit"}),
    "identity": (identity, {"units": "words"}),
}


def bert_wordpiece(folder: Path) -> None:
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    backend = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer()
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.train_from_iterator(
        PLAIN, trainers.WordPieceTrainer(vocab_size=60, special_tokens=special, show_progress=False)
    )
    backend.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), special, strict=True))
    save(BertConfig(vocab_size=backend.get_vocab_size(), **SIZES), backend, names, folder)


def unigram(folder: Path, config: type[Any], special: dict[str, str], **sizes: int) -> None:
    """A SentencePiece tokenizer: special tokens in the order of their ids, then pieces with `▁` for a space."""
    backend = Tokenizer(models.Unigram())
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=60, special_tokens=list(special.values()), unk_token=special["unk_token"], show_progress=False
    )
    backend.train_from_iterator(PLAIN, trainer)
    ids = [(special[name], backend.token_to_id(special[name])) for name in ("sep_token", "cls_token")]
    backend.post_processor = processors.BertProcessing(*ids)
    pad_id = backend.token_to_id(special["pad_token"])
    save(config(vocab_size=backend.get_vocab_size(), pad_token_id=pad_id, **SIZES, **sizes), backend, special, folder)


def xlm_roberta(folder: Path) -> None:
    special = {"cls_token": "<s>", "pad_token": "<pad>", "sep_token": "</s>", "unk_token": "<unk>"}
    unigram(folder, XLMRobertaConfig, special | {"mask_token": "<mask>"}, max_position_embeddings=40)


def albert(folder: Path) -> None:
    special = {"pad_token": "<pad>", "unk_token": "<unk>", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    unigram(folder, AlbertConfig, special | {"mask_token": "[MASK]"}, embedding_size=4)


def save(config: Any, backend: Tokenizer, special: dict[str, str], folder: Path) -> None:
    torch.manual_seed(0)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, model_max_length=32, **special)
    save_encoder(AutoModelForMaskedLM.from_config(config), tokenizer, folder)


@pytest.mark.parametrize("n_words", [8, 300])  # fewer than the pretrained vocabulary has, and more
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("make", [bert_wordpiece, xlm_roberta, albert])
def test_a_normal_directory(make: Callable[[Path], None], method: str, n_words: int, tmp_path: Path) -> None:
    make(tmp_path / "old")
    old = AutoTokenizer.from_pretrained(tmp_path / "old")
    model = AutoModelForMaskedLM.from_pretrained(tmp_path / "old")
    old_weight = model.get_input_embeddings().weight.detach().clone()
    rng = np.random.default_rng(0)
    words = [f"{n}0" for n in rng.zipf(1.2, 4000).clip(max=10**6) % n_words]
    texts = [" ".join([*words[i : i + 20], ","]) for i in range(0, len(words), 20)]
    inputs = AlignmentInputs(
        texts, old, 2, "whitespace", count_tokens(PLAIN, old), PLAIN, width=old_weight.shape[1], seed=1
    )
    run, arguments = METHODS[method]
    alignment = run(inputs, **arguments)
    remap_model(model, alignment.rows, seed=1, pieces=alignment.pieces, vectors=alignment.vectors)
    save_encoder(model, alignment.tokenizer, tmp_path / "new")

    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "new")
    encoder = AutoModel.from_pretrained(tmp_path / "new").eval()
    weight = encoder.get_input_embeddings().weight.detach()
    assert len(tokenizer) == len(weight) == encoder.config.vocab_size == len(alignment.rows)
    assert encoder.config.pad_token_id == tokenizer.pad_token_id
    batch = tokenizer(texts[:3], padding=True, return_tensors="pt")
    assert torch.isfinite(encoder(**batch).last_hidden_state).all()
    frequent = [row.token for row in alignment.table]
    assert len(frequent) > 5
    assert all(tokenizer.unk_token not in tokenizer.tokenize(token) for token in frequent)
    if method == "identity":
        return
    assert all(len(tokenizer.tokenize(token)) == 1 for token in frequent)
    vocab, old_vocab = tokenizer.get_vocab(), old.get_vocab()
    for row in alignment.table:
        if row.mapped_to is not None and alignment.rows[vocab[row.token]] >= 0:
            torch.testing.assert_close(weight[vocab[row.token]], old_weight[old_vocab[row.mapped_to]])
