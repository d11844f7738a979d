from dataclasses import dataclass

import numpy as np
import pytest

from pipeline import registry
from pipeline.class_weights import Coordinate, Prior
from pipeline.fusion import FixedRule, NestedFusion, VoteFirst, fuse_nested, member_gains, nested_labels, vote_scores
from pipeline.fusion.auto_rounds import AutoRoundsRule
from pipeline.fusion.hill_climb import HillClimb
from pipeline.fusion.round_search import RoundSettings
from pipeline.fusion.stack import Stack, stack
from pipeline.fusion.weighed_members import WeighedMembers

N_FOLDS, N_CLASSES = 3, 4


@dataclass(frozen=True)
class ClassShares:
    """A rule whose scores are just the class shares of the rows that it learned from."""

    tuning: str

    def fit(self, oof_probs, y, fold_ids):
        assert oof_probs.shape[1] == len(y) == len(fold_ids)
        return np.bincount(y, minlength=N_CLASSES) / len(y)

    def apply(self, probs, state):
        return np.tile(state, (probs.shape[1], 1))

    def describe(self, state, names):
        return None


def shares(y):
    return np.bincount(y, minlength=N_CLASSES) / len(y)


def case(seed=0, n_rows=60, n_members=3):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, N_CLASSES, n_rows)
    oof_probs = rng.dirichlet(np.ones(N_CLASSES), size=(n_members, n_rows))
    oof_probs[:, np.arange(n_rows), y] += rng.random((n_members, 1)) * 0.2
    oof_probs /= oof_probs.sum(axis=2, keepdims=True)
    test_probs = rng.dirichlet(np.ones(N_CLASSES), size=(n_members, 20))
    return oof_probs, y, rng.permutation(np.arange(n_rows) % N_FOLDS), test_probs


def assert_no_leak(fuse, rule):
    """Whatever happens in a fold, the scores that are tuned without it stay the same outside of it."""
    for seed in range(5):
        oof_probs, y, fold_ids, test_probs = case(seed)
        rng = np.random.default_rng(seed + 100)
        before = fuse(oof_probs, y, fold_ids, test_probs, rule).nested_scores
        for fold in range(N_FOLDS):
            inside = fold_ids == fold
            changed_y, changed_probs = y.copy(), oof_probs.copy()
            changed_y[inside] = rng.integers(0, N_CLASSES, inside.sum())
            after = fuse(oof_probs, changed_y, fold_ids, test_probs, rule).nested_scores
            np.testing.assert_array_equal(after[fold], before[fold])
            changed_probs[:, inside] = rng.dirichlet(np.ones(N_CLASSES), size=(len(oof_probs), inside.sum()))
            after = fuse(changed_probs, changed_y, fold_ids, test_probs, rule).nested_scores
            np.testing.assert_array_equal(after[fold][~inside], before[fold][~inside])


def fuse_with_a_leak(oof_probs, y, fold_ids, test_probs, rule):
    state = rule.fit(oof_probs, y, fold_ids)
    scores = rule.apply(oof_probs, state)
    return NestedFusion(scores, np.stack([scores] * N_FOLDS), rule.apply(test_probs, state))


TUNED = [
    VoteFirst(),
    ClassShares("choice"),
    ClassShares("model"),
    HillClimb(steps=5),
    HillClimb(steps=3, bags=2),
    AutoRoundsRule(RoundSettings(fewest=2)),
    Stack(C=1.0),
    WeighedMembers(FixedRule(vote_scores), Prior()),
    WeighedMembers(HillClimb(steps=2), Coordinate()),
]


@pytest.mark.parametrize("rule", TUNED)
def test_nested_scores_do_not_know_their_fold(rule):
    assert_no_leak(fuse_nested, rule)


@pytest.mark.parametrize("rule", [VoteFirst(), ClassShares("choice")])
def test_the_check_above_catches_a_planted_leak(rule):
    with pytest.raises(AssertionError):
        assert_no_leak(fuse_with_a_leak, rule)


def test_a_rule_that_says_it_tunes_nothing_is_not_asked_to():
    oof_probs, y, fold_ids, test_probs = case()
    rule = FixedRule(vote_scores)
    oof_scores, nested_scores, test_scores, _ = fuse_nested(oof_probs, y, fold_ids, test_probs, rule)
    np.testing.assert_array_equal(oof_scores, vote_scores(oof_probs))
    np.testing.assert_array_equal(test_scores, vote_scores(test_probs))
    np.testing.assert_array_equal(nested_scores, np.stack([oof_scores] * N_FOLDS))


def test_vote_first_orders_members_by_macro_f1_outside_the_fold():
    oof_probs, y, fold_ids, test_probs = case(3, n_members=4)
    rule = VoteFirst()
    oof_scores, nested_scores, test_scores, _ = fuse_nested(oof_probs, y, fold_ids, test_probs, rule)
    order = rule.fit(oof_probs, y, fold_ids)
    np.testing.assert_array_equal(oof_scores, vote_scores(oof_probs[order], tie="first"))
    np.testing.assert_array_equal(test_scores, vote_scores(test_probs[order], tie="first"))
    for fold in range(N_FOLDS):
        rows = fold_ids != fold
        order = rule.fit(oof_probs[:, rows], y[rows], fold_ids[rows])
        np.testing.assert_array_equal(nested_scores[fold], vote_scores(oof_probs[order], tie="first"))


def test_vote_first_keeps_the_given_order_of_equal_members():
    oof_probs, y, fold_ids, _ = case()
    best = np.eye(N_CLASSES)[y]
    members = np.stack([oof_probs[0], best, oof_probs[0], best])
    np.testing.assert_array_equal(VoteFirst().fit(members, y, fold_ids), [1, 3, 0, 2])


def test_choices_score_the_rows_they_were_made_on():
    oof_probs, y, fold_ids, test_probs = case()
    oof_scores, nested_scores, test_scores, _ = fuse_nested(oof_probs, y, fold_ids, test_probs, ClassShares("choice"))
    np.testing.assert_array_equal(oof_scores, np.tile(shares(y), (60, 1)))
    np.testing.assert_array_equal(test_scores, np.tile(shares(y), (20, 1)))
    for fold in range(N_FOLDS):
        np.testing.assert_array_equal(nested_scores[fold], np.tile(shares(y[fold_ids != fold]), (60, 1)))


def test_a_model_never_scores_the_rows_it_was_fitted_on():
    oof_probs, y, fold_ids, test_probs = case()
    oof_scores, nested_scores, test_scores, _ = fuse_nested(oof_probs, y, fold_ids, test_probs, ClassShares("model"))
    np.testing.assert_array_equal(test_scores, np.tile(shares(y), (20, 1)))
    for row, fold in enumerate(fold_ids):
        np.testing.assert_array_equal(oof_scores[row], shares(y[fold_ids != fold]))
        for outer in range(N_FOLDS):
            learned = y[(fold_ids != outer) & (fold_ids != fold)]
            np.testing.assert_array_equal(nested_scores[outer, row], shares(learned))


@pytest.mark.parametrize("name", registry.words("fusion"))
def test_every_rule_of_the_registry_fuses(name, piece_arguments):
    oof_probs, y, fold_ids, test_probs = case()
    fused = fuse_nested(
        oof_probs, y, fold_ids, test_probs, registry.load("fusion", name)(**piece_arguments("fusion", name))
    )
    assert fused.oof_scores.shape == (60, N_CLASSES)
    assert fused.nested_scores.shape == (N_FOLDS, 60, N_CLASSES)
    assert fused.test_scores.shape == (20, N_CLASSES)


def test_shapes_that_do_not_fit_are_named():
    oof_probs, y, fold_ids, test_probs = case()
    rule = VoteFirst()
    with pytest.raises(ValueError, match="M or C differs"):
        fuse_nested(oof_probs, y, fold_ids, test_probs[:2], rule)
    with pytest.raises(ValueError, match="y has 59 rows"):
        fuse_nested(oof_probs, y[:-1], fold_ids, test_probs, rule)
    with pytest.raises(ValueError, match="fold_ids"):
        fuse_nested(oof_probs, y, fold_ids + 1, test_probs, rule)
    with pytest.raises(ValueError, match="y holds"):
        fuse_nested(oof_probs, y + 1, fold_ids, test_probs, rule)


def test_lists_are_as_good_as_arrays():
    oof_probs, y, fold_ids, test_probs = case(n_members=2)
    for rule in (HillClimb(steps=3), Stack(C=1.0)):
        given = fuse_nested(oof_probs, y, fold_ids, test_probs, rule)
        lists = fuse_nested(oof_probs.tolist(), y.tolist(), fold_ids.tolist(), test_probs.tolist(), rule)
        np.testing.assert_array_equal(lists.nested_scores, given.nested_scores)
        labels = nested_labels(oof_probs, y, fold_ids, rule)
        np.testing.assert_array_equal(nested_labels(oof_probs, y.tolist(), fold_ids.tolist(), rule), labels)
    expected = stack(oof_probs, y, fold_ids, test_probs).oof
    np.testing.assert_array_equal(stack(oof_probs, y.tolist(), fold_ids.tolist(), test_probs).oof, expected)
    gains = member_gains(oof_probs, y, fold_ids, VoteFirst())
    np.testing.assert_array_equal(member_gains(oof_probs.tolist(), y.tolist(), fold_ids.tolist(), VoteFirst()), gains)


def test_two_folds_are_too_few_for_a_model():
    oof_probs, y, fold_ids, test_probs = case()
    with pytest.raises(ValueError, match="fold_ids has 2 folds; a rule that fits a model needs 3 or more"):
        fuse_nested(oof_probs, y, fold_ids % 2, test_probs, Stack(C=1.0))
