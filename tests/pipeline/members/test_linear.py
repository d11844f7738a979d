import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from pipeline.errors import UserError
from pipeline.members.linear import kind as linear
from pipeline.members.linear.kind import fit_scale, log_count_ratios
from pipeline.metrics import macro_f1, negative_log_likelihood
from pipeline.vectors import tfidf, word2vec

RECIPE = {"classifier": "svm", "weighting": "none", "C": 1.0, "class_weights": "balanced", "seed": 0}
KIND = linear.Linear()
TFIDF = {
    "kind": "tfidf",
    "segment": {"name": "whitespace"},
    "analyzer": "word",
    "ngrams": [1, 2],
    "min_df": 1,
    "sublinear_tf": True,
    "max_features": None,
}
RECIPES = pytest.mark.parametrize(
    "recipe",
    [
        RECIPE,
        RECIPE | {"classifier": "logistic"},
        RECIPE | {"class_weights": "none"},
        RECIPE | {"weighting": "naive_bayes"},
        RECIPE | {"weighting": "naive_bayes", "classifier": "logistic"},
        RECIPE | {"weighting": "naive_bayes", "class_weights": "none"},
    ],
    ids=["svm", "logistic", "unweighted", "nbsvm", "nb-logistic", "nbsvm-unweighted"],
)


@pytest.fixture(scope="module")
def source(tmp_path_factory, short_texts):
    folder = tmp_path_factory.mktemp("tfidf")
    tfidf.fit(short_texts, TFIDF, folder)
    return folder


@pytest.fixture(scope="module")
def features(source, short_texts):
    return read(source, short_texts)


HELD_OUT = np.arange(0, 60, 4)
TRAIN = np.setdiff1d(np.arange(60), HELD_OUT)


def read(source, texts):
    return KIND.reader(source, None)(texts)


@pytest.fixture
def train(member_recipe, fit_fold):
    def fit(features, labels, recipe, **options):
        return fit_fold("linear", member_recipe("linear", **recipe), features, labels, HELD_OUT, **options)

    return fit


@RECIPES
def test_it_learns(train, features, short_labels, recipe):
    fold = train(features, short_labels, recipe)
    predicted = fold.logits.argmax(axis=1)
    score = macro_f1(short_labels[HELD_OUT], predicted, 3)
    assert score > 0.6
    assert fold.history.columns.tolist() == ["step", "loss", "macro_f1"]
    assert fold.history["macro_f1"].tolist() == [pytest.approx(score, abs=1e-6)]
    assert fold.history["loss"].tolist() == [
        pytest.approx(negative_log_likelihood(fold.logits, short_labels[HELD_OUT]), abs=1e-6)
    ]


@pytest.mark.parametrize("classifier", ["svm", "logistic"])
def test_decisions_are_scikit_learns_times_one_scale(train, features, short_labels, classifier):
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    model = (
        LinearSVC(class_weight="balanced", random_state=0)
        if classifier == "svm"
        else LogisticRegression(class_weight="balanced", max_iter=1000)
    ).fit(features[TRAIN], short_labels[TRAIN])
    logits = train(features, short_labels, RECIPE | {"classifier": classifier}).logits
    expected = model.decision_function(features[HELD_OUT])
    scale = np.linalg.norm(logits) / np.linalg.norm(expected)
    np.testing.assert_allclose(logits, expected * scale, rtol=0, atol=1e-5)


@RECIPES
def test_class_that_training_lacks_is_least_likely(train, source, features, short_labels, recipe):
    """Class 1 of five has no row in training, and class 4 none at all."""
    rows = TRAIN[short_labels[TRAIN] != 1]
    fold = train(features, short_labels, recipe, classes=5, train_rows=rows)
    assert fold.logits.shape == (len(HELD_OUT), 5)
    assert np.isfinite(fold.logits).all()
    assert set(fold.logits.argmax(axis=1)) <= {0, 2}
    logits = fold.model.logits(read(source, ["unheard of"]), np.array([0]))
    assert logits[0, [1, 3, 4]].max() < logits[0, [0, 2]].min()  # of a text without a known word


@RECIPES
def test_two_classes(train, features, short_labels, recipe):
    labels = (short_labels > 0).astype(int)
    fold = train(features, labels, recipe, classes=2)
    assert fold.logits.shape == (len(HELD_OUT), 2)
    assert macro_f1(labels[HELD_OUT], fold.logits.argmax(axis=1), 2) > 0.6


@RECIPES
def test_two_of_many_classes_in_training(train, features, short_labels, recipe):
    """scikit-learn keeps one row of coefficients then; the two classes must not change places."""
    rows = TRAIN[short_labels[TRAIN] != 0]
    predicted = train(features, short_labels, recipe, train_rows=rows).logits.argmax(axis=1)
    known = short_labels[HELD_OUT] != 0
    assert set(predicted) <= {1, 2}
    assert (predicted[known] == short_labels[HELD_OUT][known]).mean() > 0.6


def test_one_row_a_class_leaves_the_scale_alone(train, features, short_labels):
    rows = np.array([np.flatnonzero(short_labels == c)[0] for c in range(3)])
    fold = train(features, short_labels, RECIPE, train_rows=rows)
    assert np.isfinite(fold.logits).all()


def test_same_seed_same_bytes(train, features, short_labels, tmp_path):
    digests = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        train(features, short_labels, RECIPE).model.save(tmp_path / name)
        digests.append(hashlib.sha256((tmp_path / name / linear.WEIGHTS).read_bytes()).hexdigest())
    assert digests[0] == digests[1]


def test_held_out_labels_have_no_say(train, features, short_labels):
    other = short_labels.copy()
    other[HELD_OUT] = (other[HELD_OUT] + 1) % 3
    folds = [train(features, labels, RECIPE) for labels in (short_labels, other)]
    np.testing.assert_array_equal(folds[0].logits, folds[1].logits)


# --- naive Bayes -----------------------------------------------------------------------------------


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1))
def test_log_count_ratios_by_loops(seed):
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 3, (8, 5)) * rng.random((8, 5))
    counts[:, 4] = 0  # a feature that no row has
    features = csr_matrix(counts)
    labels = rng.permutation([0, 0, 0, 2, 2, 5, 5, 5])
    weights = rng.choice([0.5, 1.0, 2.0], 8)
    ratios = log_count_ratios(features, labels, np.array([0, 2, 5]), weights)
    for column, label in enumerate((0, 2, 5)):
        p, q = [1.0] * 5, [1.0] * 5
        for row in range(8):
            for feature in range(5):
                if counts[row, feature] > 0:
                    (p if labels[row] == label else q)[feature] += weights[row]
        for feature in range(5):
            expected = np.log((p[feature] / sum(p)) / (q[feature] / sum(q)))
            assert ratios[feature, column] == pytest.approx(expected, abs=1e-12)


def test_a_stored_zero_is_not_there():
    plain = csr_matrix([[1.0, 0.0], [0.0, 1.0]])
    stored = csr_matrix(([1.0, 0.0, 1.0], [0, 1, 1], [0, 2, 3]), (2, 2))
    labels, known, ones = np.array([0, 1]), np.array([0, 1]), np.ones(2)
    found, expected = (log_count_ratios(features, labels, known, ones) for features in (stored, plain))
    np.testing.assert_array_equal(found, expected)


def test_with_equal_ratios_it_is_scikit_learns_one_vs_rest(
    features, short_labels, monkeypatch, member_recipe, make_rows
):
    """What is left of NBSVM without its ratios is liblinear's own one-vs-rest, class weights and all."""
    from sklearn.svm import LinearSVC

    monkeypatch.setattr(linear, "log_count_ratios", lambda features, *rest: np.ones((features.shape[1], 3)))
    recipe = member_recipe("linear", **RECIPE | {"weighting": "naive_bayes"})
    ours = linear._fit(make_rows(features, short_labels, HELD_OUT), TRAIN, recipe)
    model = LinearSVC(class_weight="balanced", random_state=0).fit(features[TRAIN], short_labels[TRAIN])
    np.testing.assert_allclose(ours.coefficients, model.coef_.T, atol=1e-3)  # both stop at a tolerance
    np.testing.assert_allclose(ours.intercept, model.intercept_, atol=1e-3)


def test_nbsvm_decides_as_a_model_on_scaled_features(features, short_labels, member_recipe, make_rows):
    from sklearn.svm import LinearSVC

    recipe = member_recipe("linear", **RECIPE | {"weighting": "naive_bayes", "class_weights": "none"})
    found = linear._fit(make_rows(features, short_labels, HELD_OUT), TRAIN, recipe)
    for label in range(3):
        own = short_labels[TRAIN] == label
        ratios = log_count_ratios(features[TRAIN], own.astype(int), np.array([1]), np.ones(len(TRAIN)))[:, 0]
        model = LinearSVC(random_state=0).fit(features[TRAIN].toarray() * ratios, own)
        expected = model.decision_function(features[HELD_OUT].toarray() * ratios)
        ours = features[HELD_OUT] @ found.coefficients[:, label] + found.intercept[label]
        np.testing.assert_allclose(ours, expected, atol=1e-3)


def test_naive_bayes_needs_counts(train, short_labels):
    with pytest.raises(UserError, match="weighting: naive_bayes counts words and needs features by tfidf"):
        train(np.ones((60, 4), np.float32), short_labels, RECIPE | {"weighting": "naive_bayes"})


# --- the scale -------------------------------------------------------------------------------------


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32 - 1), spread=st.floats(0.1, 30))
def test_scale_is_the_best_of_a_grid(seed, spread):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, 50)
    decisions = rng.normal(size=(50, 4)) + 1.5 * np.eye(4)[labels]
    decisions *= spread
    scale = fit_scale(decisions, labels)
    grid = np.exp(np.linspace(-4, 6, 501))
    losses = [negative_log_likelihood(decisions * s, labels) for s in grid]
    assert negative_log_likelihood(decisions * scale, labels) <= min(losses) + 1e-6
    assert scale == pytest.approx(grid[np.argmin(losses)], rel=0.03)


def test_scale_undoes_a_factor():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 400)
    decisions = rng.normal(size=(400, 3)) + np.eye(3)[labels]
    assert fit_scale(decisions * 5, labels) == pytest.approx(fit_scale(decisions, labels) / 5, rel=1e-3)


def test_scale_without_rows_is_one():
    assert fit_scale(np.zeros((0, 3)), np.zeros(0, dtype=int)) == 1.0


def test_perfect_and_useless_decisions_have_finite_scales():
    labels = np.array([0, 1, 0, 1])
    for decisions in (np.eye(2)[labels], -np.eye(2)[labels], np.zeros((4, 2))):
        assert 0 < fit_scale(decisions, labels) < 500


def test_negative_log_likelihood_by_hand():
    shifts = np.array([[100.0], [-7.0]])  # change nothing
    logits = np.log([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]) + shifts
    expected = -(np.log(0.25) + np.log(0.8)) / 2
    assert negative_log_likelihood(logits, np.array([1, 2])) == pytest.approx(expected)


# --- other features, and copies --------------------------------------------------------------------


def test_it_learns_from_mean_word_vectors(train, short_texts, short_labels, tmp_path):
    settings = {"dimensions": 16, "window": 5, "min_count": 1, "epochs": 30, "negative": 5, "skip_gram": True}
    settings |= {"kind": "word2vec", "segment": {"name": "whitespace"}, "weighting": "idf", "seed": 0}
    source = tmp_path / "w2v"
    source.mkdir()
    word2vec.fit(short_texts, settings, source)
    recipe = RECIPE | {"C": 100.0}
    features = read(source, short_texts)
    assert features.shape == (60, 16)
    fold = train(features, short_labels, recipe)
    assert macro_f1(short_labels[HELD_OUT], fold.logits.argmax(axis=1), 3) > 0.5


def test_copies_follow_their_rows(train, source, short_texts, short_labels):
    """Copies of training rows count; those of held-out rows, and of rows held back for the scale, do not."""

    def logits(copy_of, texts):
        features = read(source, [*short_texts, *texts])
        labels = np.concatenate([short_labels, short_labels[copy_of]])
        return train(features, labels, RECIPE, copy_of=copy_of).logits

    plain = logits([], [])
    of_held_out = HELD_OUT[:3].tolist()
    np.testing.assert_array_equal(logits(of_held_out, ["a0 b0 c0"] * 3), plain)
    np.testing.assert_array_equal(
        logits([*of_held_out, *TRAIN[:9]], ["c1"] * 3 + ["a0 b0"] * 9), logits(TRAIN[:9].tolist(), ["a0 b0"] * 9)
    )
    assert not np.array_equal(logits(TRAIN[:9].tolist(), ["a0 b0"] * 9), plain)


def test_the_scale_is_fitted_without_copies_of_its_rows(
    source, short_texts, short_labels, monkeypatch, make_rows, fit_fold, member_recipe
):
    fitted = []
    fit = linear._fit

    def watched(rows, train_rows, recipe):
        fitted.append(len(train_rows))
        return fit(rows, train_rows, recipe)

    monkeypatch.setattr(linear, "_fit", watched)
    features = read(source, [*short_texts, *short_texts])
    given = features, np.concatenate([short_labels, short_labels]), HELD_OUT
    recipe = member_recipe("linear", **RECIPE)
    fit_fold("linear", recipe, *given, copy_of=np.arange(60))
    rows = make_rows(*given, copy_of=np.arange(60))
    fit_rows, scale_rows = rows.split(TRAIN, linear.SHARE_FOR_SCALE, recipe.seed)
    assert len(scale_rows) > 0
    assert fitted == [2 * len(fit_rows), 2 * len(TRAIN)]
