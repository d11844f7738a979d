"""Greedy selection against a slow version of it, and its ties by hand."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from pipeline.errors import UserError
from pipeline.fusion import fuse_nested, hill_climb, probability_average
from pipeline.fusion.hill_climb import HillClimb, hill_climb_rule


def random_probs(seed, n_members=4, n_rows=80, n_classes=3):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_classes, n_rows)
    logits = rng.normal(size=(n_members, n_rows, n_classes))
    logits[:, np.arange(n_rows), y] += rng.uniform(0.2, 1.5, size=(n_members, 1))
    probs = np.exp(logits)
    return probs / probs.sum(axis=2, keepdims=True), y


def score(probs, y):
    labels = range(probs.shape[1])
    return f1_score(y, probs.argmax(axis=1), average="macro", labels=labels, zero_division=0)


def slow_hill_climb(probs, y, steps):
    bag, best = [], (-1.0, [])
    for _ in range(steps):
        tried = [score(sum(probs[m] for m in [*bag, member]), y) for member in range(len(probs))]
        top = [m for m in range(len(probs)) if tried[m] == max(tried)]
        bag.append(([m for m in top if m in bag] or top)[0])
        if tried[bag[-1]] > best[0]:
            best = (tried[bag[-1]], list(bag))
    return np.bincount(best[1], minlength=len(probs)) / len(best[1])


@pytest.mark.parametrize("seed", range(5))
def test_it_equals_the_slow_version(seed):
    probs, y = random_probs(seed)
    np.testing.assert_allclose(hill_climb(probs, y, steps=12), slow_hill_climb(probs, y, 12))


@pytest.mark.parametrize("seed", range(5))
def test_it_is_never_worse_than_the_best_member_on_its_rows(seed):
    probs, y = random_probs(seed)
    fused = probability_average(probs, hill_climb(probs, y))
    assert score(fused, y) >= max(score(member, y) for member in probs)


def test_of_equal_members_the_first_is_taken_and_the_shortest_run_kept():
    probs, y = random_probs(0, n_members=1)
    np.testing.assert_array_equal(hill_climb(np.concatenate([probs, probs]), y, steps=5), [1, 0])


def test_a_member_that_is_in_already_goes_before_an_equal_one():
    # Member 1 is best alone. Then every member leaves all rows right: the tie goes to member 1, not to member 0.
    y = np.array([0, 1])
    probs = np.array([[[0.4, 0.6], [0.4, 0.6]], [[0.9, 0.1], [0.1, 0.9]]])
    np.testing.assert_array_equal(hill_climb(probs, y, steps=3), [0, 1])


def test_accuracy_is_climbed_by_the_same_steps():
    probs, y = random_probs(7)
    bag, best = [], (-1.0, [])
    for _ in range(8):
        tried = [np.mean(sum(probs[m] for m in [*bag, member]).argmax(axis=1) == y) for member in range(4)]
        top = [m for m in range(4) if tried[m] == max(tried)]
        bag.append(([m for m in top if m in bag] or top)[0])
        if tried[bag[-1]] > best[0]:
            best = (tried[bag[-1]], list(bag))
    expected = np.bincount(best[1], minlength=4) / len(best[1])
    np.testing.assert_allclose(hill_climb(probs, y, "accuracy", steps=8), expected)


def test_bags_are_climbs_on_drawn_rows_averaged():
    probs, y = random_probs(8)
    rng = np.random.default_rng(5)
    drawn = [np.sort(rng.choice(80, 40, replace=False)) for _ in range(3)]
    expected = np.mean([hill_climb(probs[:, rows], y[rows], steps=6) for rows in drawn], axis=0)
    bagged = hill_climb(probs, y, steps=6, bags=3, share=0.5, seed=5)
    np.testing.assert_allclose(bagged, expected)
    np.testing.assert_array_equal(bagged, hill_climb(probs, y, steps=6, bags=3, share=0.5, seed=5))
    assert not np.array_equal(bagged, hill_climb(probs, y, steps=6, bags=3, share=0.5, seed=6))


def test_settings_out_of_range_are_refused():
    probs, y = random_probs(0)
    with pytest.raises(ValueError, match="metric is 'f1'; one of macro_f1, accuracy"):
        hill_climb(probs, y, "f1")
    with pytest.raises(ValueError, match="steps is 0"):
        hill_climb(probs, y, steps=0)
    with pytest.raises(UserError, match=r"params.yaml: fusion: hill_climb: .*share 1.5"):
        hill_climb_rule(steps=4, bags=2, share=1.5, seed=0)


def test_labels_of_a_fold_do_not_reach_its_nested_scores():
    probs, y = random_probs(1)
    folds = np.arange(80) % 4
    changed = np.where(folds == 2, (y + 1) % 3, y)
    before, after = (fuse_nested(probs, labels, folds, probs[:, :5], HillClimb(steps=10)) for labels in (y, changed))
    np.testing.assert_array_equal(before.nested_scores[2], after.nested_scores[2])
    assert not np.array_equal(before.oof_scores, after.oof_scores)


def test_other_lengths_are_refused():
    probs, y = random_probs(0)
    with pytest.raises(ValueError, match="y has 79 rows and oof_probs 80"):
        hill_climb(probs, y[1:])
