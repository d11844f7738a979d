import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, f1_score

from pipeline.metrics import (
    accuracy,
    bootstrap_interval,
    confusion,
    fold_macro_f1,
    macro_f1,
    nested_figures,
    paired_bootstrap,
    per_class_f1,
)

few = settings(max_examples=25)

Y_TRUE = np.array([0, 0, 0, 1, 1, 2])
Y_PRED = np.array([0, 0, 1, 1, 2, 1])


@st.composite
def labels_and_predictions(draw):
    n_classes = draw(st.integers(2, 6))
    labels = st.integers(0, n_classes - 1)
    pairs = draw(st.lists(st.tuples(labels, labels), min_size=1, max_size=40))
    return np.array(pairs).T[0], np.array(pairs).T[1], n_classes


def test_f1_by_hand_with_a_class_that_never_occurs():
    # class 0: 2 hits, 2 predicted, 3 actual; class 1: 1 hit, 3, 2; class 2: 0 hits; class 3: nowhere
    np.testing.assert_allclose(per_class_f1(Y_TRUE, Y_PRED, 4), [4 / 5, 2 / 5, 0, 0])
    assert macro_f1(Y_TRUE, Y_PRED, 4) == pytest.approx(1.2 / 4)


@few
@given(labels_and_predictions())
def test_f1_and_confusion_are_those_of_scikit_learn(case):
    y_true, y_pred, n_classes = case
    classes = list(range(n_classes))
    reference = f1_score(y_true, y_pred, labels=classes, average=None, zero_division=0)
    np.testing.assert_allclose(per_class_f1(y_true, y_pred, n_classes), reference)
    mean = f1_score(y_true, y_pred, labels=classes, average="macro", zero_division=0)
    assert macro_f1(y_true, y_pred, n_classes) == pytest.approx(mean)
    reference = confusion_matrix(y_true, y_pred, labels=classes)
    np.testing.assert_array_equal(confusion(y_true, y_pred, n_classes), reference)


def test_accuracy_and_folds_by_hand():
    assert accuracy(Y_TRUE, Y_PRED, 3) == pytest.approx(3 / 6)
    fold_ids = np.array([0, 0, 1, 0, 1, 1])
    # fold 0 is all right but lacks class 2; fold 1 has three rows, all wrong
    np.testing.assert_allclose(fold_macro_f1(Y_TRUE, Y_PRED, fold_ids, 3), [2 / 3, 0])
    # pooled: 4/5, 2/5 and 0; of the folds, whose deviations from 1/3 are 1/3 both, that of a sample
    assert nested_figures(Y_TRUE, Y_PRED, fold_ids, 3) == {"nested": 0.4, "fold_mean": 0.333333, "fold_std": 0.471405}


@pytest.mark.parametrize(
    ("y_true", "y_pred", "message"),
    [
        ([0, 1], [0], "rows"),
        ([0, 3], [0, 1], "y_true holds 0 to 3"),
        ([0, 1], [-1, 1], "y_pred holds -1 to 1"),
        ([0.0, 1.0], [0, 1], "integers"),
        ([[0, 1]], [0, 1], "one dimension"),
        ([], [], "at least one row"),
    ],
)
def test_bad_labels_are_named(y_true, y_pred, message):
    with pytest.raises(ValueError, match=message):
        macro_f1(np.array(y_true), np.array(y_pred), 3)


@pytest.mark.parametrize("fold_ids", [[0, 0, 0, 0, 0, 0], [0, 0, 2, 2, 2, 2], [0, 1]])
def test_bad_folds_are_named(fold_ids):
    with pytest.raises(ValueError, match="fold_ids"):
        fold_macro_f1(Y_TRUE, Y_PRED, np.array(fold_ids), 3)


def random_predictions(seed, share_right, n_rows=400, n_classes=5):
    rng = np.random.default_rng(seed)
    y_true = np.random.default_rng(0).choice(n_classes, size=n_rows, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    wrong = rng.integers(0, n_classes, n_rows)
    return y_true, np.where(rng.random(n_rows) < share_right, y_true, wrong)


def slow_bootstrap(statistic, n_rows, n_samples, seed):
    rng = np.random.default_rng(seed)
    return np.array([statistic(rng.integers(0, n_rows, n_rows)) for _ in range(n_samples)])


def test_intervals_agree_with_resampling_row_by_row():
    y_true, a = random_predictions(1, 0.7)
    b = random_predictions(2, 0.6)[1]
    single = bootstrap_interval(y_true, a, 5, n_samples=2000, seed=3)
    paired = paired_bootstrap(y_true, a, b, 5, n_samples=2000, seed=3)

    def difference(rows):
        return macro_f1(y_true[rows], a[rows], 5) - macro_f1(y_true[rows], b[rows], 5)

    slow_single = slow_bootstrap(lambda rows: macro_f1(y_true[rows], a[rows], 5), 400, 2000, 4)
    slow_paired = slow_bootstrap(difference, 400, 2000, 5)
    assert single.value == macro_f1(y_true, a, 5)
    assert paired.value == difference(slice(None))
    for fast, slow in [(single, slow_single), (paired, slow_paired)]:
        noise = 5 * slow.std() / np.sqrt(2000)
        assert fast.std == pytest.approx(slow.std(), rel=0.06)
        assert fast.low == pytest.approx(np.quantile(slow, 0.025), abs=3 * noise)
        assert fast.high == pytest.approx(np.quantile(slow, 0.975), abs=3 * noise)


def test_paired_bootstrap_uses_the_same_rows_for_both():
    y_true, a = random_predictions(1, 0.7)
    same = paired_bootstrap(y_true, a, a, 5)
    assert (same.value, same.low, same.high, same.std) == (0, 0, 0, 0)
    b = a.copy()
    b[:3] = (b[:3] + 1) % 5
    near = paired_bootstrap(y_true, a, b, 5)
    assert near.std < bootstrap_interval(y_true, a, 5).std / 3


def test_bootstrap_is_deterministic_and_drawn_in_blocks(monkeypatch):
    y_true, a = random_predictions(1, 0.7)
    whole = bootstrap_interval(y_true, a, 5, seed=7)
    assert whole == bootstrap_interval(y_true, a, 5, seed=7)
    assert whole != bootstrap_interval(y_true, a, 5, seed=8)
    monkeypatch.setattr("pipeline.metrics.bootstrap.BLOCK", 100)
    assert whole == bootstrap_interval(y_true, a, 5, seed=7)


def test_bootstrap_refuses_bad_input():
    y_true, a = random_predictions(1, 0.7)
    with pytest.raises(ValueError, match="n_samples"):
        bootstrap_interval(y_true, a, 5, n_samples=1)
    with pytest.raises(ValueError, match="level"):
        bootstrap_interval(y_true, a, 5, level=95)
    with pytest.raises(ValueError, match="rows"):
        paired_bootstrap(y_true, a, a[:-1], 5)
