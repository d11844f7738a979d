"""The search for rounds: its parts by hand, and what holds for whatever it finds."""

from itertools import combinations

import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.fusion import auto_rounds, fuse_nested, run_rounds, vote
from pipeline.fusion.auto_rounds import AutoRoundsRule, auto_rounds_rule
from pipeline.fusion.diversity import agreement_of
from pipeline.fusion.round_search import RoundSettings, choose_sets, is_settled
from pipeline.metrics import macro_f1


def case(seed=0, n_members=7, n_rows=200, n_classes=4):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_classes, n_rows)
    logits = rng.normal(size=(n_members, n_rows, n_classes)) + 0.5 * rng.normal(size=(n_rows, n_classes))
    logits[:, np.arange(n_rows), y] += rng.uniform(0.6, 1.4, size=(n_members, 1))
    probs = np.exp(logits)
    return probs / probs.sum(axis=2, keepdims=True), y


def slow_sets(scores, agreement, fewest, most, n_ballots, diversity):
    """Every set, its value by loops; then the largest values, that share at most half with those before."""
    valued = []
    for size in range(fewest, most + 1):
        for voters in combinations(range(len(scores)), size):
            pairs = [agreement[a, b] for a, b in combinations(voters, 2)]
            value = np.mean([scores[voter] for voter in voters]) - diversity * np.mean(pairs)
            valued.append((round(-value, 12), len(valued), voters))
    chosen = []
    for _, _, voters in sorted(valued):
        if len(chosen) < n_ballots and all(len(set(voters) & set(o)) <= -(-len(voters) // 2) for o in chosen):
            chosen.append(voters)
    return chosen


@pytest.mark.parametrize("seed", range(3))
def test_voters_are_the_sets_of_high_score_and_low_agreement(seed):
    probs, y = case(seed)
    votes = probs.argmax(axis=2)
    scores = np.array([macro_f1(y, own, 4) for own in votes])
    settings = RoundSettings(fewest=3, most=5, ballots=4, diversity=0.3)
    expected = slow_sets(scores, agreement_of(votes), 3, 5, 4, 0.3)
    names = list("abcdefg")
    assert choose_sets(scores, agreement_of(votes), settings, names, set()) == expected
    stood = {frozenset(names[index] for index in expected[0])}
    assert expected[0] not in choose_sets(scores, agreement_of(votes), settings, names, stood)


def test_settled_by_hand():
    between = np.array([[1, 0.6, 0.5], [0.6, 1, 0.7], [0.5, 0.7, 1]])  # 0.6 on average
    scores = np.array([0.3, 0.4, 0.5])
    assert is_settled(np.array([0.60, 0.70, 0.80]), between, scores)
    assert not is_settled(np.array([0.59, 0.70, 0.80]), between, scores)  # too far from the first
    assert not is_settled(np.array([0.80, 0.70, 0.65]), between, scores)  # leans to the worse
    assert is_settled(np.array([0.80, 0.70, 0.65]), between, np.full(3, 0.4))  # none is better


@pytest.mark.parametrize("seed", range(3))
def test_the_tree_tells_what_was_held(seed):
    probs, y = case(seed)
    test = case(seed + 50)[0]
    names = list("abcdefg")
    found, oof, on_test = auto_rounds(probs, y, test, names)
    again = run_rounds(found.ballots, probs, names)
    np.testing.assert_array_equal(oof.probs, again[found.outcome].probs)
    np.testing.assert_array_equal(on_test.probs, run_rounds(found.ballots, test, names)[found.outcome].probs)
    votes = probs.argmax(axis=2)
    held = {name: row for entry in found.tree for name, row in entry["ballots"].items()}
    assert list(held) == list(found.ballots)
    for name, row in held.items():
        labels = again[name].labels
        assert row["voters"] == found.ballots[name]["voters"]
        assert 3 <= len(row["voters"]) <= 5
        assert row["score"] == macro_f1(y, labels, 4)
        np.testing.assert_allclose(row["agreement"], (votes == labels).mean(axis=1))
    for entry in found.tree:
        assert entry["ballots"][entry["best"]]["score"] == max(row["score"] for row in entry["ballots"].values())
    bests = [entry for entry in found.tree if entry["settled"]] or found.tree
    assert held[found.outcome]["score"] == max(entry["ballots"][entry["best"]]["score"] for entry in bests)
    for name in found.tree[0]["ballots"]:
        members = [names.index(voter) for voter in found.ballots[name]["voters"]]
        np.testing.assert_array_equal(again[name].labels, vote(probs[members]))


def test_it_finds_the_same_again():
    probs, y = case()
    one, two = auto_rounds(probs, y), auto_rounds(probs.copy(), y.copy())
    assert one.found == two.found
    assert one.test is None


def test_ballots_stand_again_where_members_are_few():
    probs, y = case(n_members=3)
    found = auto_rounds(probs, y, names=["a", "b", "c"], rounds=3).found
    assert found.ballots["round-1-1"]["voters"] == ["a", "b", "c"]
    later = [voter for name, ballot in found.ballots.items() if name[6] != "1" for voter in ballot["voters"]]
    assert len(found.tree) == 1 or "round-1-1" in later


@pytest.mark.parametrize("n_members", [1, 2])
def test_fewer_members_than_voters(n_members):
    probs, y = case(n_members=n_members)
    np.testing.assert_array_equal(auto_rounds(probs[:1], y).oof.labels, probs[0].argmax(axis=1))
    assert auto_rounds(probs, y).oof.labels.shape == y.shape


def test_labels_of_a_fold_do_not_reach_its_nested_scores():
    probs, y = case()
    folds = np.arange(len(y)) % 4
    rule = AutoRoundsRule(RoundSettings())
    changed = np.where(folds == 2, (y + 1) % 4, y)
    before, after = (fuse_nested(probs, labels, folds, probs[:, :5], rule) for labels in (y, changed))
    np.testing.assert_array_equal(before.nested_scores[2], after.nested_scores[2])
    assert not np.array_equal(before.nested_scores[1], after.nested_scores[1])


def test_the_report_has_the_members_names():
    probs, y = case(n_members=3)
    rule = AutoRoundsRule(RoundSettings())
    told = rule.describe(rule.fit(probs, y, np.arange(len(y)) % 2), ["x", "y", "z"])
    assert told["rounds"][0]["ballots"]["round-1-1"]["voters"] == ["x", "y", "z"]
    assert told["settings"]["fewest"] == 3


def test_impossible_settings_are_refused():
    probs, y = case()
    with pytest.raises(ValueError, match="1 <= fewest <= most"):
        auto_rounds(probs, y, fewest=4, most=3)
    with pytest.raises(ValueError, match="tie is 'ranks'"):
        auto_rounds(probs, y, tie="ranks")
    with pytest.raises(UserError, match=r"params.yaml: fusion: auto_rounds: .*fewest <= most"):
        auto_rounds_rule(fewest=4, most=3, ballots=4, rounds=3, diversity=0.5, tie="rank")
