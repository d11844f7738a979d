"""Stacking: the folds, the classes that are missing, and the library that may be."""

import builtins
import importlib.util

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pipeline.errors import UserError
from pipeline.fusion import fuse_nested, stack
from pipeline.fusion.stack import FLOOR, Stack, stack_rule
from pipeline.metrics import macro_f1

SETTINGS = {"C": 1.0, "trees": 5, "leaves": 4, "learning_rate": 0.1, "max_rows": 1000, "seed": 0}


def case(seed=0, n_members=3, n_rows=120, n_classes=3):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_classes, n_rows)
    logits = rng.normal(size=(n_members, n_rows, n_classes))
    logits[:, np.arange(n_rows), y] += 1
    probs = np.exp(logits)
    probs /= probs.sum(axis=2, keepdims=True)
    return probs, y, np.arange(n_rows) % 4, probs[:, :7][:, ::-1]


def fitted_by_hand(features, y, new):
    """A logistic regression on features of mean 0 and spread 1, as they are in the rows that it is fitted on."""
    mean, spread = features.mean(axis=0), features.std(axis=0)
    fitted = LogisticRegression(C=1.0, tol=1e-3, max_iter=1000).fit((features - mean) / spread, y)
    return fitted.predict_proba((new - mean) / spread)


def test_each_row_is_scored_without_its_fold():
    probs, y, folds, test = case()
    oof, on_test = stack(probs, y, folds, test, C=1.0)
    features = np.log(np.maximum(np.concatenate(list(probs), axis=1), FLOOR))
    for fold in range(4):
        expected = fitted_by_hand(features[folds != fold], y[folds != fold], features[folds == fold])
        np.testing.assert_allclose(oof[folds == fold], expected, atol=1e-3)
    np.testing.assert_allclose(on_test, fitted_by_hand(features, y, features[:7][::-1]), atol=1e-3)
    assert macro_f1(y, oof.argmax(axis=1), 3) > max(macro_f1(y, member.argmax(axis=1), 3) for member in probs)


def test_the_stage_gets_the_same_and_its_nested_scores_are_nested():
    probs, y, folds, test = case()
    rule = Stack(C=1.0)
    fused = fuse_nested(probs, y, folds, test, rule)
    oof, on_test = stack(probs, y, folds, test, C=1.0)
    np.testing.assert_array_equal(fused.oof_scores, oof)
    np.testing.assert_array_equal(fused.test_scores, on_test)
    changed = np.where(folds == 2, (y + 1) % 3, y)
    after = fuse_nested(probs, changed, folds, test, rule)
    np.testing.assert_array_equal(after.nested_scores[2], fused.nested_scores[2])
    assert not np.array_equal(after.nested_scores[1], fused.nested_scores[1])


def test_a_class_that_was_not_learned_gets_nothing():
    probs, y, folds, _ = case()
    rule = Stack()
    rows = y != 1
    scores = rule.apply(probs, rule.fit(probs[:, rows], y[rows], folds[rows]))
    assert scores.shape == (120, 3)
    assert scores[:, 1].max() == 0
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)
    rows = y == 2
    scores = rule.apply(probs, rule.fit(probs[:, rows], y[rows], folds[rows]))
    np.testing.assert_array_equal(scores, np.tile([0, 0, 1], (120, 1)))


def test_of_many_rows_evenly_spaced_ones_are_fitted_on():
    probs, y, folds, test = case()
    taken = np.linspace(0, 119, 40).round().astype(int)
    few, some = Stack(max_rows=40), Stack()
    np.testing.assert_array_equal(
        few.apply(test, few.fit(probs, y, folds)), some.apply(test, some.fit(probs[:, taken], y[taken], folds[taken]))
    )


def test_mistakes_are_named(monkeypatch):
    probs, y, folds, test = case()
    with pytest.raises(ValueError, match="model is 'xgboost'; one of logistic, lightgbm"):
        stack(probs, y, folds, test, "xgboost")
    with pytest.raises(ValueError, match="softmax"):
        stack(np.log(probs), y, folds, test)
    with pytest.raises(ValueError, match="y has 119 rows"):
        stack(probs, y[1:], folds, test)
    with pytest.raises(UserError, match=r"params.yaml: fusion: stack: C is 0"):
        stack_rule(model="logistic", **{**SETTINGS, "C": 0})
    real = builtins.__import__

    def without(name, *rest):
        if name == "lightgbm":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UserError, match="lightgbm, which is not installed"):
        stack(probs, y, folds, test, "lightgbm")


@pytest.mark.parametrize("classes", [[0, 1, 2], [0, 2], [2]])
def test_a_regression_comes_back_from_its_arrays(classes):
    probs, y, folds, test = case()
    rows = np.isin(y, classes)
    rule = Stack()
    state = rule.fit(probs[:, rows], y[rows], folds[rows])
    scores = rule.apply(test, rule.load(rule.dump(state)))
    np.testing.assert_array_equal(scores, rule.apply(test, state))
    assert (scores.max(axis=0) > 0).tolist() == [k in classes for k in range(3)]


@pytest.mark.skipif(importlib.util.find_spec("lightgbm") is None, reason="lightgbm is not installed: it is optional")
def test_boosted_trees_are_a_model_too():
    probs, y, folds, test = case()
    rule = stack_rule(model="lightgbm", **SETTINGS)
    scores = rule.apply(test, rule.fit(probs, y, folds))
    np.testing.assert_allclose(scores.sum(axis=1), 1)
    np.testing.assert_array_equal(scores, rule.apply(test, rule.fit(probs, y, folds)))
    for rows in (y >= 0, y != 1, y == 2):  # of two classes LightGBM gives one column
        state = rule.fit(probs[:, rows], y[rows], folds[rows])
        np.testing.assert_array_equal(rule.apply(test, rule.load(rule.dump(state))), rule.apply(test, state))
