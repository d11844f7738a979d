from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.losses.imbalance import balanced, effective_number, sqrt_balanced, uniform

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


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9, 0.999])
def test_effective_number_equals_loop(beta):
    """A row counts beta times as much as the one before it: the effective number is 1 + beta + … + beta^(n − 1)."""
    weights = [1 / sum(beta**i for i in range(n)) for n in COUNTS]
    factor = sum(COUNTS) / sum(w * n for w, n in zip(weights, COUNTS, strict=True))
    np.testing.assert_allclose(effective_number(COUNTS, beta=beta), [w * factor for w in weights])


def test_effective_number_lies_between_uniform_and_balanced():
    np.testing.assert_allclose(effective_number(COUNTS, beta=0.0), uniform(COUNTS))
    np.testing.assert_allclose(effective_number(COUNTS, beta=1 - 1e-15), balanced(COUNTS))


@pytest.mark.parametrize("beta", [-0.1, 1.0, 2.0])
def test_beta_that_means_nothing_is_refused(beta):
    with pytest.raises(UserError, match="beta"):
        effective_number(COUNTS, beta=beta)


@pytest.mark.parametrize("weigh", [uniform, balanced, sqrt_balanced, partial(effective_number, beta=0.99)])
@given(counts=st.lists(st.integers(0, 1000), min_size=1, max_size=8).filter(any))
def test_mean_weight_of_a_row_is_one_and_rarer_is_never_lighter(weigh, counts):
    counts = np.array(counts)
    weights = weigh(counts)
    assert np.isfinite(weights).all()
    assert (weights > 0).all()
    assert (weights * counts).sum() / counts.sum() == pytest.approx(1)
    by_count = weights[np.argsort(counts, kind="stable")]
    assert (np.diff(by_count) <= 1e-12).all()
