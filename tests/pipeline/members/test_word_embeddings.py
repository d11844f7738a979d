"""Members of kind neural whose encoder is a table of word vectors."""

import numpy as np
import pytest
import torch

from pipeline.data.labels import LabelSet
from pipeline.errors import UserError
from pipeline.fields.build import build
from pipeline.members.neural.kind import Neural, NeuralModel
from pipeline.members.neural.recipe import Recipe
from pipeline.models.build import build_classifier
from pipeline.models.word_embeddings import load_word_embeddings, read_word_config
from pipeline.vectors import word2vec
from pipeline.vectors.word_ids import load_word_reader

SETTINGS = {
    "kind": "word2vec", "segment": {"name": "whitespace"}, "dimensions": 16, "window": 5, "min_count": 2,
    "epochs": 5, "negative": 5, "skip_gram": True, "weighting": "idf", "seed": 0,
}  # fmt: skip


@pytest.fixture(scope="module")
def source(tmp_path_factory, short_texts):
    folder = tmp_path_factory.mktemp("w2v")
    word2vec.fit(short_texts, SETTINGS, folder)
    return folder


def test_words_become_their_rows(source):
    words, vectors, _ = word2vec.read_word_vectors(source)
    texts = load_word_reader(source, 4)([f"{words[0]} unheard {words[5]}", "", f"{words[1]} " * 9, "\u3000"])
    assert [texts.token_ids[a:b].tolist() for a, b in zip(texts.offsets, texts.offsets[1:], strict=False)] == [
        [2, 1, 7], [1], [3, 3, 3, 3], [1],
    ]  # fmt: skip
    assert texts.pad_id == 0
    encoder = load_word_embeddings(read_word_config(source), source, 0.0)
    table = encoder.get_input_embeddings().weight.detach().numpy()
    np.testing.assert_array_equal(table[2:], vectors)
    np.testing.assert_allclose(table[1], vectors.mean(axis=0), atol=1e-6)
    assert not table[0].any()
    assert encoder.get_input_embeddings().weight.requires_grad
    assert encoder.config.hidden_size == 16
    ids = torch.tensor([[2, 1, 7], [3, 0, 0]])
    states = encoder(ids, (ids > 0).long())
    np.testing.assert_array_equal(states.last_hidden_state.detach().numpy(), table[ids.numpy()])
    assert states.hidden_states[-1] is states.last_hidden_state


def test_no_epochs_are_random_vectors(short_texts, tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        (tmp_path / name).mkdir()
        word2vec.fit(short_texts, SETTINGS | {"epochs": 0, "seed": seed}, tmp_path / name)
    a, b, c = (word2vec.read_word_vectors(tmp_path / name) for name in "abc")
    assert a.words == c.words
    assert a.vectors.shape == (len(a.words), 16)
    assert a.vectors.dtype == np.float32
    np.testing.assert_array_equal(a.vectors, b.vectors)
    assert not np.allclose(a.vectors, c.vectors)
    assert 0.08 < a.vectors.std() < 0.12


def test_a_folder_of_other_vectors_is_refused(tmp_path):
    (tmp_path / "settings.json").write_text('{"kind": "tfidf"}')
    with pytest.raises(UserError, match=r"words\.txt: not found"):
        read_word_config(tmp_path)
    with pytest.raises(UserError, match=r"words\.txt: not found"):
        load_word_reader(tmp_path, 8)


def test_words_beside_words_are_refused(source):
    recipe = recipe_of(sequence=[{"name": "word_conv", "segment": "whitespace"}])
    with pytest.raises(UserError, match=r"^sequence: got word_conv with segment whitespace on .*w2v"):
        Neural().reader(source, recipe)


def recipe_of(**changes):
    plain = {
        "kind": "neural",
        "max_length": 16,
        "layers": {"name": "last"},
        "sequence": [],
        "poolers": [{"name": "max"}],
        "combine": "sum",
        "dropout": 0.1,
        "lora": None,
        "head": {"samples": 1, "reduce": "mean", "p": 0.1},
        "levels": None,
        "precision": "fp32",
    }
    return build(Recipe, plain | changes)


@pytest.mark.parametrize("word", ["mean", "max", "dynamic_routing"])
def test_padding_never_changes_a_logit(source, piece_arguments, word):
    recipe = recipe_of(poolers=[{"name": word, **piece_arguments("poolers", word)}])
    torch.manual_seed(0)
    model = build_classifier(source, 3, recipe).eval()
    ids = torch.tensor([[2, 5, 1, 9]])
    padded = torch.cat([ids, torch.zeros(1, 6, dtype=torch.long)], dim=1)
    alone = model(ids, torch.ones_like(ids)).logits
    with_padding = model(padded, (padded > 0).long()).logits
    torch.testing.assert_close(alone, with_padding, rtol=0, atol=1e-6)
    with torch.no_grad():
        model.encoder.get_input_embeddings().weight[0] = 100.0  # an attack on the table may move that row
    torch.testing.assert_close(model(padded, (padded > 0).long()).logits, alone, rtol=0, atol=1e-6)


def test_training_moves_the_words_and_leaves_padding_at_zero(source):
    model = build_classifier(source, 3, recipe_of())
    before = model.encoder.get_input_embeddings().weight.detach().clone()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    ids = torch.tensor([[2, 5], [3, 0]])
    for _ in range(3):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(ids, (ids > 0).long()).logits, torch.tensor([0, 1])).backward()
        optimizer.step()
    after = model.encoder.get_input_embeddings().weight.detach()
    assert not after[0].any()
    assert not torch.allclose(after[[2, 3, 5]], before[[2, 3, 5]])


def test_a_saved_fold_needs_no_vectors(source, short_texts, tmp_path):
    """The shared folder has the words and their segmentation; the table lies in the fold's own weights."""
    recipe = recipe_of()
    torch.manual_seed(0)
    model = build_classifier(source, 3, recipe)
    kind, ours = Neural(), NeuralModel(model, "cpu", "fp32")
    expected = ours.logits(kind.reader(source, recipe)(short_texts), np.arange(60))
    kind.save_shared(source, tmp_path / "shared")
    (tmp_path / "fold-0").mkdir()
    ours.save(tmp_path / "fold-0")
    names = sorted(path.name for path in (tmp_path / "shared").iterdir())
    assert names == ["segmentation.json", "settings.json", "words.txt"]
    features = kind.reader(tmp_path / "shared", recipe)(short_texts)
    classes = LabelSet(["0", "1", "2"], [], [])
    loaded = kind.load(tmp_path / "shared", tmp_path / "fold-0", classes, recipe, "cpu")
    np.testing.assert_array_equal(loaded.logits(features, np.arange(60)), expected)
