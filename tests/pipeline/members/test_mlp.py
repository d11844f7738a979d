import hashlib

import numpy as np
import pytest
import torch
from scipy.special import softmax
from sklearn.neural_network import MLPClassifier

from pipeline.errors import UserError
from pipeline.members.mlp import kind as mlp
from pipeline.metrics import macro_f1
from pipeline.vectors import tfidf, word2vec

RECIPE = {
    "max_length": 16, "hidden": [16], "class_weights": "none", "epochs": 40, "batch_size": 16,
    "learning_rate": 0.01, "weight_decay": 1e-4, "precision": "fp32", "threads": 1, "seed": 0,
}  # fmt: skip
WORD2VEC = {
    "kind": "word2vec", "segment": {"name": "whitespace"}, "dimensions": 16, "window": 5, "min_count": 1,
    "epochs": 30, "negative": 5, "skip_gram": True, "weighting": "idf", "seed": 0,
}  # fmt: skip
TFIDF = {
    "kind": "tfidf", "segment": {"name": "whitespace"}, "analyzer": "word", "ngrams": [1, 1], "min_df": 1,
    "sublinear_tf": True, "max_features": None,
}  # fmt: skip
HELD_OUT = np.arange(0, 60, 4)
TRAIN = np.setdiff1d(np.arange(60), HELD_OUT)
KIND = mlp.MLP()
SOURCES = pytest.mark.parametrize("of", ["tfidf", "word2vec", "encoder"])


@pytest.fixture(scope="module")
def sources(tmp_path_factory, short_texts, tiny_checkpoint):
    folder = tmp_path_factory.mktemp("vectors")
    for name, kind, settings in (("tfidf", tfidf, TFIDF), ("word2vec", word2vec, WORD2VEC)):
        (folder / name).mkdir()
        kind.fit(short_texts, settings, folder / name)
    return {"tfidf": folder / "tfidf", "word2vec": folder / "word2vec", "encoder": tiny_checkpoint("bert")}


@pytest.fixture
def read(member_recipe):
    return lambda source, texts, **changes: KIND.reader(source, member_recipe("mlp", **RECIPE | changes))(texts)


@pytest.fixture
def train(member_recipe, fit_fold):
    def fit(features, labels, changes=(), **options):
        recipe = member_recipe("mlp", **RECIPE | dict(changes))
        return fit_fold("mlp", recipe, features, labels, HELD_OUT, **options)

    return fit


def test_it_learns(train, read, sources, short_texts, short_labels):
    fold = train(read(sources["tfidf"], short_texts), short_labels)
    assert macro_f1(short_labels[HELD_OUT], fold.logits.argmax(axis=1), 3) > 0.6


@pytest.mark.parametrize("n_classes", [2, 3])
def test_it_is_scikit_learns_on_scaled_features(train, read, sources, short_texts, short_labels, n_classes):
    """With the scale folded into the first layer, and for two classes the one logit made two."""
    features = read(sources["word2vec"], short_texts)
    labels = short_labels if n_classes == 3 else (short_labels > 0).astype(int)
    counts = np.bincount(labels[TRAIN])
    changes = {"class_weights": "balanced", "epochs": 5}
    logits = train(features, labels, changes, classes=n_classes).logits
    mean, spread = features[TRAIN].mean(axis=0, dtype=float), features[TRAIN].std(axis=0, dtype=float)
    model = MLPClassifier([16], batch_size=16, learning_rate_init=0.01, max_iter=5, random_state=0, alpha=1e-4)
    weights = (1 / counts) / np.mean(1 / counts)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        model.fit((features[TRAIN] - mean) / spread, labels[TRAIN], sample_weight=weights[labels[TRAIN]])
    expected = model.predict_proba((features[HELD_OUT] - mean) / spread)
    np.testing.assert_allclose(softmax(logits, axis=1), expected, atol=2e-3)


def test_features_of_an_encoder_are_means_over_real_tokens(read, tiny_checkpoint, short_texts):
    """Text by text, without padding."""
    from transformers import AutoModel, AutoTokenizer

    source = tiny_checkpoint("bert")
    features = read(source, short_texts)
    tokenizer, model = AutoTokenizer.from_pretrained(source), AutoModel.from_pretrained(source).eval()
    for text, row in zip(short_texts[:8], features[:8], strict=True):
        ids = tokenizer(text, return_tensors="pt", truncation=True, max_length=16)["input_ids"]
        with torch.inference_mode():
            expected = model(input_ids=ids).last_hidden_state[0].mean(dim=0)
        np.testing.assert_allclose(row, expected.numpy(), atol=1e-5)


def test_too_long_for_the_encoders_positions(read, tiny_checkpoint):
    with pytest.raises(UserError, match=r"got max_length 33, .* set max_length to 32 or less"):
        read(tiny_checkpoint("bert"), [], max_length=33)


def test_step_checkpoints_inside_an_encoder_are_not_copied(tmp_path):
    (tmp_path / "source/step-1").mkdir(parents=True)
    (tmp_path / "source/config.json").write_text("{}")
    KIND.save_shared(tmp_path / "source", tmp_path / "shared")
    assert [path.name for path in (tmp_path / "shared").iterdir()] == ["config.json"]


def test_class_that_training_lacks_is_least_likely(train, read, sources, short_texts, short_labels):
    features = read(sources["tfidf"], short_texts)
    rows = TRAIN[short_labels[TRAIN] != 1]
    logits = train(features, short_labels, classes=5, train_rows=rows).logits
    assert np.isfinite(logits).all()
    assert (logits[:, [1, 3, 4]].max(axis=1) < logits[:, [0, 2]].min(axis=1)).all()


def test_same_seed_same_bytes_and_held_out_labels_have_no_say(
    train, read, sources, short_texts, short_labels, tmp_path
):
    features = read(sources["word2vec"], short_texts)
    other = short_labels.copy()
    other[HELD_OUT] = (other[HELD_OUT] + 1) % 3
    digests = []
    for name, labels, seed in (("a", short_labels, 0), ("b", other, 0), ("c", short_labels, 1)):
        (tmp_path / name).mkdir()
        train(features, labels, {"seed": seed}).model.save(tmp_path / name)
        digests.append(hashlib.sha256((tmp_path / name / mlp.WEIGHTS).read_bytes()).hexdigest())
    assert digests[0] == digests[1] != digests[2]


def test_copies_follow_their_rows(train, read, sources, short_texts, short_labels):
    def logits(copy_of, texts):
        features = read(sources["tfidf"], [*short_texts, *texts])
        labels = np.concatenate([short_labels, short_labels[copy_of]])
        return train(features, labels, copy_of=copy_of).logits

    plain = logits([], [])
    np.testing.assert_array_equal(logits(HELD_OUT[:3].tolist(), ["a0 b0"] * 3), plain)
    assert not np.array_equal(logits(TRAIN[:3].tolist(), ["a0 b0"] * 3), plain)
