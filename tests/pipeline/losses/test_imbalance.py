import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.losses.imbalance import balanced, sqrt_balanced, uniform

COUNTS = np.array([1, 4, 16])


def test_uniform():
    assert uniform(COUNTS).tolist() == [1, 1, 1]


def test_balanced_by_hand():
    """1/n is 1, 1/4, 1/16; over 21 rows the sum of n/n is 3, so the factor is 7."""
    np.testing.assert_allclose(balanced(COUNTS), [7, 7 / 4, 7 / 16])


def test_balanced_equals_scikit_learn():
    from sklearn.utils.class_weight import compute_class_weight

    labels = np.repeat(np.arange(3), COUNTS)
    expected = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    np.testing.assert_allclose(balanced(COUNTS), expected)


def test_sqrt_balanced_by_hand():
    """1/√n is 1, 1/2, 1/4; the sum of n/√n is 1 + 2 + 4, so the factor is 3."""
    np.testing.assert_allclose(sqrt_balanced(COUNTS), [3, 3 / 2, 3 / 4])


@pytest.mark.parametrize("weigh", [uniform, balanced, sqrt_balanced])
@given(counts=st.lists(st.integers(0, 1000), min_size=1, max_size=8).filter(any))
def test_mean_weight_of_a_row_is_one_and_rarer_is_never_lighter(weigh, counts):
    counts = np.array(counts)
    weights = weigh(counts)
    assert np.isfinite(weights).all()
    assert (weights > 0).all()
    assert (weights * counts).sum() / counts.sum() == pytest.approx(1)
    by_count = weights[np.argsort(counts, kind="stable")]
    assert (np.diff(by_count) <= 1e-12).all()
