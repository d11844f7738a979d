"""What every registered method keeps to."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import registry
from pipeline.class_weights import search, tunes, weighted_macro_f1

few = settings(max_examples=15)
seeds = st.integers(0, 2**32 - 1)


def case(counts, seed=0):
    """Scores that favour frequent classes, with labels; `counts` rows of each class."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    scores = np.exp(rng.normal(size=(len(y), len(counts))) + np.eye(len(counts))[y]) * (np.array(counts) + 1)
    return scores / scores.sum(axis=1, keepdims=True), y


def assert_sound(method, scores, y):
    """Finite weights above 0 [C], which `search` returns with what they reach, and never below ones."""
    fit = method.fit(scores, y, 0)
    assert fit.weights.shape == (scores.shape[1],)
    assert np.isfinite(fit.weights).all()
    assert fit.weights.min() > 0
    assert fit.evaluations >= 0
    found = search(scores, y, method)
    assert found.score == weighted_macro_f1(scores, y, found.weights)
    assert found.score >= weighted_macro_f1(scores, y, np.ones(scores.shape[1]))


@few
@given(seed=seeds)
def test_with_few_rows_ties_zeros_and_absent_classes(method, seed):
    rng = np.random.default_rng(seed)
    n_rows, n_classes = rng.integers(1, 15), rng.integers(2, 6)
    assert_sound(method, rng.choice([0, 0.25, 0.5, 1], (n_rows, n_classes)), rng.integers(0, n_classes, n_rows))


@pytest.mark.parametrize("counts", [(60, 20), (60, 41, 22, 13, 7)], ids=["two classes", "five"])
def test_on_a_long_tail(method, counts):
    scores, y = case(counts)
    before = scores.copy(), y.copy()
    assert_sound(method, scores, y)
    np.testing.assert_array_equal(scores, before[0])
    np.testing.assert_array_equal(y, before[1])
    np.testing.assert_array_equal(method.fit(scores, y, 3).weights, method.fit(scores, y, 3).weights)


def test_a_class_that_does_not_occur_is_searched_around(method):
    scores, y = case((60, 41, 0, 13, 7))
    assert_sound(method, scores, y)
    assert search(scores, y, method).score <= 4 / 5, "the absent class counts as 0"


def test_what_fits_no_number_does_not_look_at_labels_and_what_fits_some_does(method):
    scores, y = case((60, 41, 22, 13, 7))
    weights, of_others = (method.fit(scores, labels, 0).weights for labels in (y, (y + 1) % 5))
    if tunes(method):
        assert not np.array_equal(weights, of_others)
    else:
        np.testing.assert_array_equal([weights, of_others], np.ones((2, 5)))


def test_it_fits_numbers_for_all_numbers_of_classes_or_for_none(method):
    fitted = [method.n_fitted(n_classes) for n_classes in range(2, 40)]
    assert fitted == sorted(fitted)
    assert min(fitted) >= 0
    assert {n > 0 for n in fitted} == {tunes(method)}


def test_no_two_methods_are_equally_simple(piece_arguments):
    arguments = {word: piece_arguments("class_weights", word) for word in registry.words("class_weights")}
    methods = [registry.make("class_weights", {"name": word, **own}) for word, own in arguments.items()]
    for n_classes in (2, 3, 35):
        assert len({(method.n_fitted(n_classes), method.rank) for method in methods}) == len(methods)
    assert len({method.rank for method in methods}) == len(methods), "a fusion may fit what one method does not"
