import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.class_weights import predict_labels, weighted_macro_f1
from pipeline.class_weights.coordinate import Rivals, best_weight

few = settings(max_examples=150)


@st.composite
def small_cases(draw):
    """Scores, labels and weights from so few values that ties, zeros and absent classes are common."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_rows, n_classes = rng.integers(1, 13), rng.integers(2, 5)
    scores = rng.integers(0, 5, size=(n_rows, n_classes)) / 4
    class_weights = rng.choice([0.5, 1.0, 2.0], n_classes)
    return scores, rng.integers(0, n_classes, n_rows), class_weights, int(rng.integers(n_classes))


def rivals_of(scores, class_weights, label):
    weighted = scores * class_weights
    weighted[:, label] = -1
    return Rivals(weighted.max(axis=1), weighted.argmax(axis=1))


def line_search(scores, y, class_weights, label):
    actual = np.bincount(y, minlength=scores.shape[1])
    rivals = rivals_of(scores, class_weights, label)
    return best_weight(scores[:, label], rivals, y, label, actual, class_weights[label])


def score_at(weight, scores, y, class_weights, label):
    changed = class_weights.copy()
    changed[label] = weight
    return weighted_macro_f1(scores, y, changed)


def brute_force(scores, y, class_weights, label):
    """The best macro-F1 over one weight from every interval between the ratios of two weighted scores."""
    own, others = scores[:, label], scores * class_weights
    ratios = [other / mine for mine, row in zip(own, others, strict=True) if mine > 0 for other in row]
    ends = np.unique([ratio for ratio in ratios if ratio > 0] + [1e-3, 1e3])
    return max(score_at(w, scores, y, class_weights, label) for w in (ends[1:] + ends[:-1]) / 2)


@few
@given(small_cases())
def test_a_line_search_equals_brute_force_and_reports_what_it_reaches(case):
    scores, y, class_weights, label = case
    weight, value = line_search(scores, y, class_weights, label)
    assert value == pytest.approx(brute_force(scores, y, class_weights, label), abs=1e-12)
    assert value == pytest.approx(score_at(weight, scores, y, class_weights, label), abs=1e-12)


def test_the_weight_is_the_geometric_middle_of_the_best_interval():
    # class 1 wins row 0 above 2 (right) and row 1 above 8 (wrong): the best weight lies between
    scores, y = np.array([[0.6, 0.3], [0.8, 0.1]]), np.array([1, 0])
    weight, value = line_search(scores, y, np.ones(2), 1)
    assert weight == pytest.approx(4)
    assert value == 1


def test_an_outer_interval_is_left_by_a_factor_of_two():
    scores = np.array([[0.6, 0.3], [0.8, 0.1]])
    assert line_search(scores, np.array([0, 0]), np.ones(2), 1) == (pytest.approx(1), 0.5)
    assert line_search(scores, np.array([1, 1]), np.ones(2), 1) == (pytest.approx(16), 0.5)


def test_of_equally_good_intervals_the_nearest_to_the_current_weight_is_taken():
    # the rows flip at 2 (wrong) and at 4 (right): none flipped is as good as both, one alone is worse
    scores, y = np.array([[0.2, 0.1], [0.4, 0.1]]), np.array([0, 1])
    assert line_search(scores, y, np.array([1.0, 1.0]), 1) == (pytest.approx(1), pytest.approx(1 / 3))
    assert line_search(scores, y, np.array([1.0, 6.0]), 1) == (pytest.approx(8), pytest.approx(1 / 3))


def test_a_tie_with_a_lower_class_is_lost_and_with_a_higher_one_won():
    scores = np.array([[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]])
    np.testing.assert_array_equal(predict_labels(scores, np.ones(3)), [0, 1])
    rivals = rivals_of(scores, np.ones(3), 1)
    np.testing.assert_array_equal(rivals.label, [0, 2])
    weight, value = line_search(scores, np.array([0, 1]), np.ones(3), 1)
    assert score_at(weight, scores, np.array([0, 1]), np.ones(3), 1) == pytest.approx(value)


def test_rows_without_a_score_go_to_the_first_class_whatever_the_weight():
    scores, y = np.zeros((3, 2)), np.array([0, 1, 1])
    for label in range(2):
        assert line_search(scores, y, np.ones(2), label) == (pytest.approx(1), pytest.approx(0.25))
