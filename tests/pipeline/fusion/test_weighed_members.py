"""Class weights of each member, before fusion."""

import numpy as np
import pytest

from pipeline import registry
from pipeline.class_weights import CalibratedPrior, Coordinate, NoWeights, Prior, search
from pipeline.config import load_params
from pipeline.fusion import (
    FixedRule,
    VoteFirst,
    fuse_nested,
    nested_labels,
    probability_average,
    vote,
    vote_scores,
    weighed_members,
)
from pipeline.fusion.candidates import candidate_rules
from pipeline.fusion.weighed_members import WeighedMembers, weigh
from pipeline.metrics import macro_f1

N_FOLDS, N_CLASSES = 3, 4


def case(seed=0, n_rows=240, n_members=3):
    """Members that hardly ever name the rare classes, each with an own bias."""
    rng = np.random.default_rng(seed)
    y = rng.choice(N_CLASSES, n_rows, p=[0.6, 0.25, 0.1, 0.05])
    logits = rng.normal(size=(n_members, n_rows, N_CLASSES)) + 1.5 * np.eye(N_CLASSES)[y]
    logits += np.log([0.6, 0.25, 0.1, 0.05]) * rng.uniform(0.5, 2, size=(n_members, 1, 1))
    probs = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    return probs, y, rng.permutation(np.arange(n_rows) % N_FOLDS)


def test_by_hand():
    probs = np.array([[[0.6, 0.4], [0.9, 0.1]], [[0.5, 0.5], [0.2, 0.8]]])
    weighed = weigh(probs, np.array([[1.0, 3.0], [1.0, 1.0]]))
    np.testing.assert_allclose(weighed[0], [[0.6 / 1.8, 1.2 / 1.8], [0.9 / 1.2, 0.3 / 1.2]])
    np.testing.assert_allclose(weighed[1], probs[1])


def test_every_member_has_the_weights_that_a_search_on_it_finds():
    probs, y, fold_ids = case()
    rule = WeighedMembers(FixedRule(probability_average), Coordinate())
    state = rule.fit(probs, y, fold_ids)
    expected = [search(member, y, Coordinate()).weights for member in probs]
    np.testing.assert_array_equal(state.class_weights, expected)
    weighed = [member * weights for member, weights in zip(probs, expected, strict=True)]
    mean = np.mean([member / member.sum(axis=1, keepdims=True) for member in weighed], axis=0)
    np.testing.assert_allclose(rule.apply(probs, state), mean, atol=1e-12)


def test_weights_of_ones_change_nothing():
    probs, y, fold_ids = case()
    plain = FixedRule(vote_scores)
    rule = WeighedMembers(plain, NoWeights())
    np.testing.assert_array_equal(rule.apply(probs, rule.fit(probs, y, fold_ids)).argmax(axis=1), vote(probs))


def test_a_method_that_tunes_nothing_leaves_rules_as_they_are():
    fusion = {"rules": [{"name": "vote_first"}], "ballots": {}}
    rules = candidate_rules(fusion | {"member_weights": [{"name": "none"}, {"name": "prior"}]}, ["a", "b"])
    assert {name: type(rule) for name, rule in rules.items()} == {
        "vote_first": VoteFirst,
        "vote_first+prior": WeighedMembers,
    }


def test_they_help_where_members_are_biased():
    probs, y, fold_ids = case()
    plain = FixedRule(vote_scores)
    weighed = WeighedMembers(plain, CalibratedPrior())
    gains = macro_f1(y, nested_labels(probs, y, fold_ids, weighed), N_CLASSES) - macro_f1(y, vote(probs), N_CLASSES)
    assert gains > 0.05


def test_rows_are_scored_with_weights_that_were_searched_without_them():
    """On labels that are noise, weights that saw a row's label score it above chance."""
    rng = np.random.default_rng(0)
    probs = np.repeat(rng.dirichlet(np.ones(12), size=(1, 360)), 2, axis=0)
    y, fold_ids = np.arange(360) % 12, rng.permutation(np.arange(360) % N_FOLDS)
    rule = WeighedMembers(FixedRule(probability_average), Coordinate())
    found = fuse_nested(probs, y, fold_ids, probs[:, :5], rule)
    seen = macro_f1(y, rule.apply(probs, found.state).argmax(axis=1), 12)
    unseen = [macro_f1(y, found.oof_scores.argmax(axis=1), 12)]
    for fold, scores in enumerate(found.nested_scores):
        outside = fold_ids != fold
        unseen.append(macro_f1(y[outside], scores[outside].argmax(axis=1), 12))
    assert max(unseen) < seen - 0.03


def test_rules_share_what_was_searched(monkeypatch):
    probs, y, fold_ids = case()
    calls = []
    monkeypatch.setattr(weighed_members, "search", lambda *given, **more: calls.append(1) or search(*given, **more))
    fusion = {"rules": [{"name": "vote_rank"}, {"name": "rank_average"}], "ballots": {}}
    rules = candidate_rules(fusion | {"member_weights": [{"name": "prior"}]}, ["a", "b", "c"])
    assert list(rules) == ["vote_rank+prior", "rank_average+prior"]
    states = [rule.fit(probs, y, fold_ids) for rule in rules.values()]
    assert len(calls) == 3
    np.testing.assert_array_equal(states[0].class_weights, states[1].class_weights)
    next(iter(rules.values())).fit(probs, y[::-1], fold_ids)
    assert len(calls) == 6


def test_no_fold_is_seen_by_the_weights_that_score_it():
    probs, y, fold_ids = case()
    rule = WeighedMembers(FixedRule(probability_average), Coordinate())
    before = fuse_nested(probs, y, fold_ids, probs[:, :5], rule)
    rng = np.random.default_rng(1)
    for fold in range(N_FOLDS):
        changed = y.copy()
        changed[fold_ids == fold] = rng.integers(0, N_CLASSES, (fold_ids == fold).sum())
        after = fuse_nested(probs, changed, fold_ids, probs[:, :5], rule)
        np.testing.assert_array_equal(after.nested_scores[fold], before.nested_scores[fold])
        assert not np.array_equal(after.oof_scores, before.oof_scores), "the others do see it"


@pytest.mark.parametrize("word", registry.words("fusion"))
def test_under_every_rule(word):
    probs, y, fold_ids = case()
    given = load_params().defaults["fusion"].get(word, {})
    rule = registry.make("fusion", {"name": word, **given})
    weighed = WeighedMembers(rule, Prior())
    found = fuse_nested(probs, y, fold_ids, probs[:, :7], weighed)
    assert found.test_scores.shape == (7, N_CLASSES)
    assert np.isfinite(found.nested_scores).all()
    assert weighed.n_fitted(3, N_CLASSES) == 3 + rule.n_fitted(3, N_CLASSES), "one number a member: prior fits tau"
    described = weighed.describe(found.state, ["a", "b", "c"])
    assert list(described["class_weights"]) == ["a", "b", "c"]
    assert described["rule"] == rule.describe(found.state.of_rule, ["a", "b", "c"])
