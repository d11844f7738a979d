"""Which index a class has is of no importance: permuted classes give permuted results, under every rule."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import registry
from pipeline.config import load_params
from pipeline.fusion import run_rounds

BALLOTS = {
    "x": {"voters": ["a", "b", "c"], "tie": "probability"},
    "y": {"voters": ["x", "c"], "rule": "rank_average"},
    "z": {"voters": ["y", "a", "b"], "rule": "geometric_average", "weights": [0.5, 0.3, 0.2]},
}
few = settings(max_examples=15)
seeds = st.integers(0, 2**16)


def case(seed):
    """Continuous probabilities: no ties, which are left to the lowest class."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, 90)
    probs = rng.dirichlet(np.ones(4), size=(3, 90)) + 0.5 * np.eye(4)[y]
    return probs / probs.sum(axis=2, keepdims=True), y, np.arange(90) % 3, rng.permutation(4)


@pytest.mark.parametrize("word", [word for word in registry.words("fusion") if not word.startswith("vote")])
@few
@given(seed=seeds)
def test_rules(word, seed):
    probs, y, fold_ids, order = case(seed)
    arguments = load_params().defaults["fusion"].get(word, {})
    if "tie" in arguments:
        arguments = arguments | {"tie": "probability"}  # sums of ranks can be equal
    rule = registry.make("fusion", {"name": word, **arguments})
    scores = rule.apply(probs, rule.fit(probs, y, fold_ids))
    permuted = probs[:, :, order]
    own_y = np.argsort(order)[y]
    again = rule.apply(permuted, rule.fit(permuted, own_y, fold_ids))
    np.testing.assert_allclose(again, scores[:, order], atol=2e-3 if word == "stack" else 1e-9)


@few
@given(seed=seeds)
def test_rounds(seed):
    probs, _, _, order = case(seed)
    straight = run_rounds(BALLOTS, probs, ["a", "b", "c"])
    permuted = run_rounds(BALLOTS, probs[:, :, order], ["a", "b", "c"])
    for name in ("y", "z"):
        np.testing.assert_allclose(permuted[name].probs, straight[name].probs[:, order], atol=1e-9)
