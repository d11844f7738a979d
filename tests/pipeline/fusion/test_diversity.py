"""What members have in common and what each adds, against loops; and rules on files, block by block."""

import numpy as np
import pytest

from pipeline import registry
from pipeline.fusion import (
    FixedRule,
    blocks,
    double_fault,
    fuse_nested,
    member_gains,
    member_similarity,
    nested_labels,
    probability_average,
    rank_average,
    vote,
    vote_scores,
)
from pipeline.fusion.hill_climb import HillClimb
from pipeline.fusion.kernels import EQUAL, count_votes, find_ties
from pipeline.metrics import macro_f1


def case(seed=0, n_members=4, n_rows=90, n_classes=3):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_classes, n_rows)
    logits = rng.normal(size=(n_members, n_rows, n_classes))
    logits[:, np.arange(n_rows), y] += 1
    probs = np.exp(logits)
    return probs / probs.sum(axis=2, keepdims=True), y, rng.permutation(np.arange(n_rows) % 3)


def test_double_fault_counts_rows_that_both_get_wrong():
    probs, y, _ = case()
    votes = probs.argmax(axis=2)
    expected = [[np.mean([a != t and b != t for a, b, t in zip(x, z, y, strict=True)]) for z in votes] for x in votes]
    np.testing.assert_allclose(double_fault(probs, y), expected)
    np.testing.assert_allclose(np.diag(double_fault(probs, y)), (votes != y).mean(axis=1))
    with pytest.raises(ValueError, match="y has 89 rows"):
        double_fault(probs, y[1:])


@pytest.mark.parametrize("rule", [FixedRule(vote_scores), HillClimb(steps=6)])
def test_a_members_gain_is_the_nested_score_with_it_minus_without(rule):
    probs, y, folds = case()

    def score(members):
        nested = fuse_nested(members, y, folds, members[:, :2], rule).nested_scores
        labels = nested[folds, np.arange(len(y))].argmax(axis=1)
        np.testing.assert_array_equal(nested_labels(members, y, folds, rule), labels)
        return macro_f1(y, labels, 3)

    expected = [score(probs) - score(np.delete(probs, left_out, axis=0)) for left_out in range(4)]
    np.testing.assert_allclose(member_gains(probs, y, folds, rule), expected)


def test_a_member_alone_has_nothing_to_add_to():
    probs, y, folds = case(n_members=1)
    with pytest.raises(ValueError, match="1 member"):
        member_gains(probs, y, folds, FixedRule(vote_scores))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_blocks_files_and_layouts_change_nothing(tmp_path, monkeypatch, dtype):
    probs = case(n_rows=50)[0].astype(dtype)
    np.save(tmp_path / "probs.npy", probs)
    mapped = np.load(tmp_path / "probs.npy", mmap_mode="r")
    rules = [vote, vote_scores, rank_average, probability_average, lambda p: probability_average(p, mean="geometric")]
    whole = [rule(probs) for rule in rules]
    similarity = member_similarity(probs)
    monkeypatch.setattr(blocks, "ROWS", 8)
    mixed = [probs[0], *probs[1:].astype(np.float64)]
    for given in (probs, mapped, list(mapped), mixed, np.asfortranarray(probs)):
        for rule, expected in zip(rules, whole, strict=True):
            np.testing.assert_array_equal(rule(given), expected)
    for before, after in zip(similarity, member_similarity(mapped), strict=True):
        np.testing.assert_allclose(after, before, atol=1e-12)


def test_a_wrong_value_is_found_in_any_block(monkeypatch):
    monkeypatch.setattr(blocks, "ROWS", 8)
    probs = case(n_rows=50)[0]
    probs[2, 41, 1] = np.inf
    with pytest.raises(ValueError, match="member 2 holds values that are not finite"):
        vote(probs)
    probs[2, 41] = [0.6, 0.6, -0.2]
    with pytest.raises(ValueError, match="member 2 are not probabilities"):
        probability_average(probs)
    large = np.full((1, 3, 3), 2e38, dtype=np.float32)  # the sum is infinite, the values are not
    np.testing.assert_array_equal(vote(large), [0, 0, 0])
    with pytest.raises(ValueError, match="shape"):
        vote([probs[0], probs[1][:-1]])


@pytest.mark.parametrize("seed", range(20))
def test_ties_are_those_of_the_counts(seed):
    rng = np.random.default_rng(seed)
    n_members, n_classes = int(rng.integers(1, 7)), int(rng.integers(2, 5))
    votes = rng.integers(0, n_classes, (n_members, 15)).astype(np.int32)
    weights = rng.choice([0.1, 0.2, 0.3], n_members)
    counts = np.array([[weights[votes[:, i] == c].sum() for c in range(n_classes)] for i in range(15)])
    np.testing.assert_allclose(count_votes(votes, weights, n_classes), counts)
    tied = counts >= counts.max(axis=1, keepdims=True) - EQUAL
    labels, rows, classes = find_ties(votes, weights, n_classes)
    np.testing.assert_array_equal(labels, tied.argmax(axis=1))
    tied[tied.sum(axis=1) == 1] = False
    np.testing.assert_array_equal([rows, classes], np.nonzero(tied))


@pytest.mark.parametrize("name", ["vote_probability", "vote_rank", "vote_winners_probability", "rank_average"])
def test_the_order_of_members_does_not_matter(name, piece_arguments):
    probs, y, folds = case(3)
    rule = registry.load("fusion", name)(**piece_arguments("fusion", name))
    scores = [rule.apply(p, rule.fit(p, y, folds)) for p in (probs, probs[::-1])]
    np.testing.assert_array_equal(scores[0].argmax(axis=1), scores[1].argmax(axis=1))


@pytest.mark.parametrize("function", [vote, vote_scores, rank_average, probability_average])
def test_weights_of_ones_change_nothing(function):
    probs = case(4)[0]
    np.testing.assert_array_equal(function(probs), function(probs, weights=np.ones(4)))
    np.testing.assert_allclose(function(probs), function(probs, weights=np.full(4, 3.0)))
