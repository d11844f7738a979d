"""What every kind of member keeps to, whatever it trains."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import registry
from pipeline.members.kind import load_kind
from pipeline.members.recipe import load_limits, load_recipe
from pipeline.vectors import tfidf

ROOT = Path(__file__).parents[3]
HELD_OUT = np.arange(0, 60, 4)
TRAIN = np.setdiff1d(np.arange(60), HELD_OUT)
KINDS = pytest.mark.parametrize("kind", registry.words("kinds"))
SMALL = {
    "max_length": 16,
    "epochs": 8,
    "batch_size": 8,
    "threads": 1,
    "learning_rate": {"neural": {"embeddings": 0.01, "encoder": 0.01, "head": 0.01}, "mlp": 0.01},
    "hidden": [16],
    "class_weights": {"neural": "none", "mlp": "none"},
}
LOAD = """
import json, sys
from pathlib import Path
import numpy as np
from pipeline.data.labels import LabelSet
from pipeline.members.kind import load_kind
from pipeline.members.recipe import read_recipe

folder, texts = Path(sys.argv[1]), json.loads(Path(sys.argv[1], "texts.json").read_text())
recipe = read_recipe(folder / "recipe.json")
kind = load_kind(recipe.kind)
kind.set_up(recipe)
features = kind.reader(folder / "shared", recipe)(texts)
model = kind.load(folder / "shared", folder / "fold-0", LabelSet(["0", "1", "2"], [], []), recipe, "cpu")
np.save(folder / "logits.npy", model.logits(features, np.arange(len(texts))))
"""


@pytest.fixture(scope="module")
def member(tmp_path_factory, tiny_checkpoint, short_texts, member_recipe):
    """A small recipe of a kind, and the features of texts: `member("linear", texts)`."""
    vectors = tmp_path_factory.mktemp("tfidf")
    settings = {"kind": "tfidf", "segment": {"name": "whitespace"}, "analyzer": "word", "ngrams": [1, 1], "min_df": 1}
    tfidf.fit(short_texts, settings | {"sublinear_tf": True, "max_features": None}, vectors)

    def make(kind: str, texts: Any = short_texts, **changes: Any) -> tuple[Any, Any]:
        recipe_type = load_recipe(kind)
        source = vectors if "tfidf" in recipe_type.starts_from else tiny_checkpoint("bert")
        small = {key: value for key, value in SMALL.items() if key in recipe_type.model_fields}
        chosen = {key: value[kind] if isinstance(value, dict) else value for key, value in small.items()
                  if not isinstance(value, dict) or kind in value}  # fmt: skip
        recipe = member_recipe(kind, **{"from": str(source), **chosen, "seed": 0, **changes})
        load_kind(kind).set_up(recipe)
        return recipe, load_kind(kind).reader(source, recipe)(texts)

    return make


@pytest.fixture(scope="module")
def fit(member, fit_fold):
    """Train a fold of a kind on the short texts."""

    def train(kind: str, targets: Any, changes: Any = (), **options: Any) -> Any:
        return fit_fold(kind, *member(kind, **dict(changes)), targets, HELD_OUT, **options)

    return train


@KINDS
def test_it_learns_and_says_how(fit, short_labels, kind):
    fold = fit(kind, short_labels)
    assert fold.logits.dtype == np.float32
    assert fold.logits.shape == (len(HELD_OUT), 3)
    assert (fold.logits.argmax(axis=1) == short_labels[HELD_OUT]).mean() > 0.5
    assert {"step", "loss", "macro_f1"} <= set(fold.history.columns)
    assert np.isfinite(fold.history.to_numpy(dtype=float)).all()


@KINDS
def test_a_saved_fold_gives_the_same_logits_in_another_process(fit, member, short_texts, short_labels, tmp_path, kind):
    recipe, _ = member(kind)
    fold = fit(kind, short_labels)
    load_kind(kind).save_shared(Path(recipe.from_), tmp_path / "shared")
    (tmp_path / "fold-0").mkdir()
    fold.model.save(tmp_path / "fold-0")
    (tmp_path / "recipe.json").write_text(recipe.model_dump_json(by_alias=True))
    (tmp_path / "texts.json").write_text(json.dumps([short_texts[row] for row in HELD_OUT]))
    subprocess.run([sys.executable, "-c", LOAD, str(tmp_path)], cwd=ROOT, check=True)
    np.testing.assert_array_equal(np.load(tmp_path / "logits.npy"), fold.logits)


@KINDS
def test_a_text_is_judged_by_itself(fit, member, short_texts, short_labels, kind):
    """Alone, or beside a longer one that pads it, in any order."""
    fold = fit(kind, short_labels)
    texts = [*short_texts[:8], "w1 a2 " * 40]
    _, together = member(kind, texts)
    expected = fold.model.logits(together, np.arange(9))
    np.testing.assert_allclose(fold.model.logits(together, np.arange(9)[::-1]), expected[::-1], atol=1e-4)
    for row in range(8):
        _, alone = member(kind, texts[row : row + 1])
        np.testing.assert_allclose(fold.model.logits(alone, np.array([0]))[0], expected[row], atol=1e-4)


@KINDS
def test_same_bytes_with_a_state_file_and_without(fit, short_labels, tmp_path, kind):
    folds = [fit(kind, short_labels), fit(kind, short_labels, state_file=tmp_path / "fold.state")]
    for name, fold in zip("ab", folds, strict=True):
        (tmp_path / name).mkdir()
        fold.model.save(tmp_path / name)
    files = [path.name for path in sorted((tmp_path / "a").iterdir())]
    assert files
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


@KINDS
def test_held_out_labels_have_no_say(fit, short_labels, kind):
    other = short_labels.copy()
    other[HELD_OUT] = (other[HELD_OUT] + 1) % 3
    np.testing.assert_array_equal(fit(kind, short_labels).logits, fit(kind, other).logits)


@KINDS
def test_classes_that_training_lacks(fit, short_labels, kind):
    fold = fit(kind, short_labels, classes=5, train_rows=TRAIN[short_labels[TRAIN] != 1])
    assert fold.logits.shape == (len(HELD_OUT), 5)
    assert np.isfinite(fold.logits).all()


@KINDS
def test_one_class_alone(fit, short_labels, kind):
    fold = fit(kind, short_labels, train_rows=TRAIN[short_labels[TRAIN] == 1])
    assert np.isfinite(fold.logits).all()
    assert set(fold.logits.argmax(axis=1)) == {1}


@KINDS
def test_probabilities_that_are_certain_are_ids(fit, short_labels, kind):
    certain = np.eye(3, dtype=np.float32)[short_labels]
    np.testing.assert_allclose(fit(kind, certain).logits, fit(kind, short_labels).logits, atol=1e-5)


@KINDS
def test_probabilities_have_a_say(fit, short_labels, kind):
    """Rows of class 0 that are half of class 1 make it likelier."""
    soft = np.eye(3)[short_labels]
    soft[short_labels == 0] = [0.5, 0.5, 0.0]
    gaps = [
        logits[:, 1] - logits[:, 0] for logits in (fit(kind, soft).logits, fit(kind, np.eye(3)[short_labels]).logits)
    ]
    assert gaps[0].mean() > gaps[1].mean()


@KINDS
def test_rows_without_weight_have_no_label(fit, short_labels, kind):
    weights = np.ones(60, dtype=np.float32)
    weights[TRAIN[::3]] = 0
    other = short_labels.copy()
    other[TRAIN[::3]] = 0
    # A fold of the other labels draws other rows where it scales or stops on a part of them.
    folds = [fit(kind, labels, weights=weights) for labels in (short_labels, other)]
    same = [fold.logits - fold.logits.mean(axis=1, keepdims=True) for fold in folds]
    slope = (same[0] * same[1]).sum() / (same[0] ** 2).sum()
    np.testing.assert_allclose(same[1], same[0] * slope, atol=1e-4)


@KINDS
def test_weights_have_a_say(fit, short_labels, kind):
    weights = np.random.default_rng(0).choice([0.2, 1.0, 5.0], 60).astype(np.float32)
    plain, weighed = fit(kind, short_labels).logits, fit(kind, short_labels, weights=weights).logits
    assert not np.allclose(plain, weighed, atol=1e-3)


@KINDS
def test_its_recipe_says_what_it_is(member_recipe, kind):
    recipe = member_recipe(kind)
    assert recipe.kind == kind
    assert recipe.starts_from
    assert set(load_limits(kind)) <= {"tokens", "words"}
    assert bool(load_limits(kind)) == ("max_length" in type(recipe).model_fields)
    assert all(word in registry.words(family) for family, word in recipe.loads())
