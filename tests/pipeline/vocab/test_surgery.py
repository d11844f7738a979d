from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import (
    AlbertConfig,
    AlbertForMaskedLM,
    AutoModel,
    AutoModelForMaskedLM,
    AutoTokenizer,
    BertForMaskedLM,
    BertModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForMaskedLM,
)

from pipeline.vocab.alignment import AlignmentInputs, align_words
from pipeline.vocab.mapping import MappingRow
from pipeline.vocab.surgery import remap_embedding, remap_model
from pipeline.vocab.tokenizers import SPECIAL_TOKENS, word_level_tokenizer


@given(st.integers(1, 6), st.lists(st.integers(-1, 5), max_size=12), st.integers(0, 3))
def test_rows_are_copied(n_old: int, wanted: list[int], seed: int) -> None:
    rows = np.array([row if row < n_old else -1 for row in wanted], dtype=np.int64)
    old = np.random.default_rng(7).normal(size=(n_old, 3)).astype(np.float32)
    new = remap_embedding(old, rows, seed=seed)
    assert new.shape == (len(rows), 3)
    assert new.dtype == np.float32
    for new_id, row in enumerate(rows):
        if row >= 0:
            np.testing.assert_array_equal(new[new_id], old[row])
    np.testing.assert_array_equal(new, remap_embedding(old, rows, seed=seed))


def test_new_rows_have_the_old_scale() -> None:
    old = np.random.default_rng(0).normal([5.0, -1.0, 0.0], [0.1, 2.0, 0.0], size=(4000, 3))
    new = remap_embedding(old, np.full(4000, -1), seed=1)
    np.testing.assert_allclose(new.mean(0), old.mean(0), atol=0.1)
    np.testing.assert_allclose(new.std(0), old.std(0), rtol=0.1)
    assert not np.array_equal(new, remap_embedding(old, np.full(4000, -1), seed=2))


def test_pieces_give_the_mean() -> None:
    old = np.array([[0.0, 1.0], [2.0, 5.0], [4.0, 6.0]])
    new = remap_embedding(old, np.array([2, -1, -1]), seed=0, pieces={1: [0, 1, 2], 2: [1]})
    np.testing.assert_array_equal(new, [[4.0, 6.0], [2.0, 4.0], [2.0, 5.0]])


def test_vectors_keep_their_direction_and_take_the_old_lengths() -> None:
    old = np.array([[3.0, 4.0], [0.0, 1.0], [0.0, 3.0]], np.float32)  # lengths 1, 3, 5
    given = {1: np.array([0.2, 0.0]), 0: np.array([0.0, -9.0]), 3: np.array([1.0, 1.0])}
    new = remap_embedding(old, np.array([-1, -1, 2, -1]), seed=0, vectors=given)
    np.testing.assert_array_equal(new[2], old[2])
    lengths = np.quantile([1, 3, 5], [1 / 6, 3 / 6, 5 / 6])
    np.testing.assert_allclose(new[[1, 3, 0]], [[lengths[0], 0], [3 / 2**0.5] * 2, [0, -lengths[2]]], rtol=1e-6)


def test_a_vector_of_zeros_stays() -> None:
    new = remap_embedding(np.ones((2, 2)), np.array([-1]), seed=0, vectors={0: np.zeros(2)})
    np.testing.assert_array_equal(new, [[0, 0]])


@pytest.mark.parametrize("vectors", [{0: np.zeros(2)}, {1: np.zeros(3)}])
def test_bad_vectors(vectors: dict[int, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="width is 2"):
        remap_embedding(np.zeros((3, 2)), np.array([0, -1]), seed=0, vectors=vectors)


def test_vectors_go_to_the_embedding_and_its_tied_decoder(make_bert: Callable[[int], BertForMaskedLM]) -> None:
    model = make_bert(6)
    old_bias = model.cls.predictions.bias.detach().clone()
    vector = np.arange(8, dtype=np.float32)
    remap_model(model, np.array([0, -1, 4]), seed=0, vectors={1: vector})
    weight = model.get_input_embeddings().weight
    assert model.cls.predictions.decoder.weight is weight
    cosine = torch.nn.functional.cosine_similarity(weight[1], torch.from_numpy(vector), dim=0)
    assert cosine.item() == pytest.approx(1, abs=1e-6)
    assert torch.equal(model.cls.predictions.bias[[0, 2]], old_bias[[0, 4]])


@pytest.mark.parametrize(
    ("rows", "pieces"),
    [([3], {}), ([-2], {}), ([[0]], {}), ([0.0], {}), ([0], {0: [1]}), ([-1], {0: []}), ([-1], {0: [3]})],
)
def test_bad_rows(rows: list[int], pieces: dict[int, list[int]]) -> None:
    with pytest.raises(ValueError, match=r"rows"):
        remap_embedding(np.zeros((3, 2)), np.array(rows), seed=0, pieces=pieces)


def test_decoder_and_config_follow(make_bert: Callable[[int], BertForMaskedLM]) -> None:
    model = make_bert(8)
    old_weight = model.get_input_embeddings().weight.detach().clone()
    old_bias = model.cls.predictions.bias.detach().clone()
    rows = np.array([4, 0, -1, 7, 4, 1, -1, 2, 3, 6])
    assert remap_model(model, rows, seed=3) is model
    weight, bias = model.get_input_embeddings().weight, model.cls.predictions.bias
    copied = rows >= 0
    assert torch.equal(weight[copied], old_weight[rows[copied]])
    assert torch.equal(bias[copied], old_bias[rows[copied]])
    assert bias.shape == (10,)
    assert torch.isfinite(bias).all()
    assert model.cls.predictions.decoder.weight is weight  # what was tied stays tied
    assert model.cls.predictions.decoder.bias is bias
    assert model.config.vocab_size == model.get_input_embeddings().num_embeddings == 10
    assert model.config.pad_token_id == model.get_input_embeddings().padding_idx == 1
    assert weight.requires_grad
    output = model(torch.tensor([[9, 2]]), labels=torch.tensor([[9, 1]]))
    assert output.logits.shape == (1, 2, 10)
    output.loss.backward()


def test_a_special_id_without_a_row_is_none(make_bert: Callable[[int], BertForMaskedLM]) -> None:
    model = remap_model(make_bert(4), np.array([1, 2]), seed=0)
    assert model.config.pad_token_id is None


def test_a_model_without_a_head(make_bert: Callable[[int], BertForMaskedLM]) -> None:
    model = BertModel(make_bert(5).config)
    old = model.get_input_embeddings().weight.detach().clone()
    remap_model(model, np.array([0, 3]), seed=0)
    assert torch.equal(model.get_input_embeddings().weight, old[[0, 3]])


def test_an_untied_decoder_has_rows_of_its_own(make_bert: Callable[[int], BertForMaskedLM]) -> None:
    model = make_bert(6)
    decoder = model.cls.predictions.decoder
    decoder.weight = torch.nn.Parameter(torch.randn(6, 8))
    old = decoder.weight.detach().clone()
    remap_model(model, np.array([0, 5, 2]), seed=0)
    assert torch.equal(decoder.weight, old[[0, 5, 2]])
    assert decoder.weight is not model.get_input_embeddings().weight


TINY = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}


def make_family(name: str, vocab_size: int, make_bert: Callable[[int], BertForMaskedLM]) -> PreTrainedModel:
    torch.manual_seed(0)
    if name == "bert":
        return make_bert(vocab_size)
    if name == "roberta":
        return RobertaForMaskedLM(RobertaConfig(vocab_size=vocab_size, pad_token_id=1, **TINY))
    return AlbertForMaskedLM(AlbertConfig(vocab_size=vocab_size, embedding_size=4, pad_token_id=0, **TINY))


@pytest.mark.parametrize("family", ["bert", "roberta", "albert"])
def test_true_mapping_reads_anonymised_text_as_plain(
    family: str,
    make_bert: Callable[[int], BertForMaskedLM],
    plain_tokenizer: PreTrainedTokenizerFast,
    plain_texts: list[str],
    anonymised_texts: list[str],
    key: dict[str, str],
    tmp_path: Path,
) -> None:
    """With the true key, saved and loaded, hidden states and mapped tokens' logits equal the old model's."""
    if family == "roberta":  # counts positions from the id of its padding token, 1, and has no token types
        words = [token for token in plain_tokenizer.get_vocab() if token not in SPECIAL_TOKENS]
        plain_tokenizer = word_level_tokenizer(
            sorted(words),
            special_tokens=["[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"],
            model_input_names=["input_ids", "attention_mask"],
        )
    old_model = make_family(family, len(plain_tokenizer), make_bert).eval()
    old_model.save_pretrained(tmp_path / "old")
    table = [MappingRow(token, 1, 1, word, 1) for word, token in key.items()]
    table += [MappingRow(mark, 1, None, mark) for mark in (".", "，")] + [MappingRow("77", 1, 9, None)]
    inputs = AlignmentInputs(anonymised_texts, plain_tokenizer, 1, "whitespace")
    alignment = align_words(table, {}, inputs)
    model = remap_model(AutoModelForMaskedLM.from_pretrained(tmp_path / "old"), alignment.rows, seed=0)
    model.save_pretrained(tmp_path / "new")
    alignment.tokenizer.save_pretrained(tmp_path / "new")

    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "new", local_files_only=True)
    plain = plain_tokenizer(plain_texts, padding=True, return_tensors="pt")
    anonymised = tokenizer(anonymised_texts, padding=True, return_tensors="pt")
    encoder = AutoModel.from_pretrained(tmp_path / "new", local_files_only=True).eval()
    masked_lm = AutoModelForMaskedLM.from_pretrained(tmp_path / "new", local_files_only=True).eval()
    with torch.no_grad():
        old = old_model(**plain, output_hidden_states=True)
        torch.testing.assert_close(encoder(**anonymised).last_hidden_state, old.hidden_states[-1])
        logits = masked_lm(**anonymised).logits
    mapped = alignment.rows >= 0
    torch.testing.assert_close(logits[..., mapped], old.logits[..., alignment.rows[mapped]])
    assert not torch.equal(plain["input_ids"], anonymised["input_ids"])
    assert masked_lm.config.vocab_size == len(tokenizer) == logits.shape[-1]
    assert masked_lm.config.pad_token_id == tokenizer.pad_token_id
    assert masked_lm.config.vocab_size != len(plain_tokenizer)


def test_identity_adds_the_mean_of_the_pieces_to_a_model(make_bert: Callable[[int], BertForMaskedLM]) -> None:
    model = make_bert(6)
    old_weight = model.get_input_embeddings().weight.detach().clone()
    old_bias = model.cls.predictions.bias.detach().clone()
    remap_model(model, np.array([0, 1, 2, 3, 4, 5, -1]), seed=0, pieces={6: [3, 5]})
    torch.testing.assert_close(model.get_input_embeddings().weight[6], old_weight[[3, 5]].mean(0))
    torch.testing.assert_close(model.cls.predictions.bias[6], old_bias[[3, 5]].mean())
    assert torch.equal(model.get_input_embeddings().weight[:6], old_weight)
