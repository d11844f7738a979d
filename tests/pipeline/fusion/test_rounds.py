"""Declared rounds: by hand, against single rules, and in blocks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.fusion import blocks, probability_average, rank_average, run_rounds, vote, vote_scores
from pipeline.fusion.rounds import round_labels

NAMES = ["a", "b", "c", "d"]
few = settings(max_examples=30)
seeds = st.integers(0, 2**32 - 1)


def random_probs(seed, n_members=4, n_rows=30, n_classes=4):
    return np.random.default_rng(seed).dirichlet(np.full(n_classes, 0.5), size=(n_members, n_rows))


def test_a_ballot_of_members_is_the_rule_itself():
    probs = random_probs(0)
    results = run_rounds(
        {
            "by-vote": {"voters": NAMES, "tie": "probability"},
            "by-rank": {"voters": NAMES, "rule": "rank_average"},
            "by-mean": {"voters": NAMES, "rule": "probability_average", "weights": [1, 2, 0, 4]},
            "by-log": {"voters": ["b", "d"], "rule": "geometric_average"},
        },
        probs,
        NAMES,
    )
    np.testing.assert_array_equal(results["by-vote"].labels, vote(probs, "probability"))
    shares = vote_scores(probs, "probability")
    np.testing.assert_allclose(results["by-vote"].probs, shares / shares.sum(axis=1, keepdims=True))
    ranks = rank_average(probs)
    np.testing.assert_allclose(results["by-rank"].probs, ranks / ranks.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(results["by-mean"].probs, probability_average(probs, [1, 2, 0, 4]))
    np.testing.assert_allclose(results["by-log"].probs, probability_average(probs[[1, 3]], mean="geometric"))


def test_two_rounds_by_hand():
    # One row. a, b: class 0; c: class 1; d: class 2. Voters of `first` choose 0; of `second` class 1, as c comes first.
    probs = np.array([[[0.8, 0.1, 0.1]], [[0.6, 0.3, 0.1]], [[0.1, 0.7, 0.2]], [[0.2, 0.2, 0.6]]])
    ballots = {
        "first": {"voters": ["a", "b", "c"]},
        "second": {"voters": ["c", "d"], "tie": "first"},
        "last": {"voters": ["second", "c", "first"]},
        "by-weight": {"voters": ["second", "c", "first"], "weights": [1, 1, 3]},
    }
    results = run_rounds(ballots, probs, NAMES)
    assert {name: int(result.labels[0]) for name, result in results.items()} == {
        "first": 0,
        "second": 1,
        "last": 1,
        "by-weight": 0,
    }
    # first: 2 and 1 of 3 votes, and of one vote 0.99 of what the mean ranks say; a's two lowest share rank 1.5
    ranks = [(0 + 0 + 2) / 3, (1.5 + 1 + 0) / 3, (1.5 + 2 + 1) / 3]
    scores = np.array([2 / 3, 1 / 3, 0]) + 0.99 / 3 * (1 - np.array(ranks) / 2)
    np.testing.assert_allclose(results["first"].probs[0], scores / scores.sum())


@few
@given(seed=seeds)
def test_what_goes_on_to_the_next_round_is_the_label(seed):
    probs = np.random.default_rng(seed).multinomial(8, np.full(3, 1 / 3), size=(4, 20)) / 8  # full of ties
    ballots = {
        "one": {"voters": ["a", "b"], "tie": "winners_probability"},
        "two": {"voters": ["one", "c", "d"], "tie": "probability"},
        "three": {"voters": ["two", "one"], "rule": "rank_average"},
    }
    for result in run_rounds(ballots, probs, NAMES).values():
        np.testing.assert_array_equal(result.probs.argmax(axis=1), result.labels)
        np.testing.assert_allclose(result.probs.sum(axis=1), 1)
    alone = run_rounds({"x": {"voters": ["a"]}, "y": {"voters": ["x"]}}, probs, NAMES)
    for result in alone.values():
        np.testing.assert_array_equal(result.labels, probs[0].argmax(axis=1))


@few
@given(seed=seeds)
def test_all_members_agreeing_decides_every_round(seed):
    probs = np.repeat(random_probs(seed, n_members=1), 4, axis=0)
    ballots = {"one": {"voters": NAMES}, "two": {"voters": ["one", "a"]}, "three": {"voters": ["two", "one", "b"]}}
    for result in run_rounds(ballots, probs, NAMES).values():
        np.testing.assert_array_equal(result.labels, probs[0].argmax(axis=1))


def test_keep_computes_no_more_than_it_has_to(monkeypatch):
    from pipeline.fusion import rounds

    held = []
    real = rounds._hold
    monkeypatch.setattr(rounds, "_hold", lambda ballot, *rest: held.append(ballot["voters"]) or real(ballot, *rest))
    ballots = {"one": {"voters": ["a"]}, "two": {"voters": ["b"]}, "three": {"voters": ["one", "c"]}}
    probs = random_probs(2)
    kept = rounds.run_rounds(ballots, probs, NAMES, keep=["three"])
    assert held == [["a"], ["one", "c"]]
    assert list(kept) == ["three"]
    np.testing.assert_array_equal(kept["three"].probs, run_rounds(ballots, probs, NAMES)["three"].probs)


def test_labels_alone_are_those_of_the_rounds():
    ballots = {"one": {"voters": ["a", "b", "c"]}, "two": {"voters": ["one", "d", "a"], "tie": "probability"}}
    probs = random_probs(4)
    held = run_rounds(ballots, probs, NAMES)
    labels = round_labels(ballots, probs, NAMES, ["two", "one"])
    np.testing.assert_array_equal(labels, [held["two"].labels, held["one"].labels])


def test_blocks_and_files_change_nothing(tmp_path, monkeypatch):
    probs = random_probs(3, n_rows=50).astype(np.float32)
    ballots = {"one": {"voters": ["a", "b", "c"]}, "two": {"voters": ["one", "d", "a"], "tie": "probability"}}
    before = run_rounds(ballots, probs, NAMES)
    monkeypatch.setattr(blocks, "ROWS", 7)
    np.save(tmp_path / "probs.npy", probs)
    mapped = np.load(tmp_path / "probs.npy", mmap_mode="r")
    for given_probs in (probs, mapped, list(mapped), probs[:, ::-1][:, ::-1]):
        after = run_rounds(ballots, given_probs, NAMES)
        for name in ballots:
            np.testing.assert_array_equal(after[name].probs, before[name].probs)
            np.testing.assert_array_equal(after[name].labels, before[name].labels)


@pytest.mark.parametrize(
    ("ballots", "message"),
    [
        ({"x": {"voters": []}}, "ballot 'x': voters is \\[\\]"),
        ({"x": {"voters": ["a", "z"]}}, "ballot 'x': voters is .*one or more of a, b, c, d, each once"),
        ({"x": {"voters": ["y"]}, "y": {"voters": ["a"]}}, "ballot 'x': voters is \\['y'\\]"),
        ({"x": {"voters": ["a", "a"]}}, "each once"),
        ({"x": {"voters": ["x"]}}, "ballot 'x': voters"),
        ({"a": {"voters": ["b"]}}, "ballot 'a': the name is taken"),
        ({"x": {"voters": ["a"], "rule": "votes"}}, "ballot 'x': rule is 'votes'; one of vote"),
        ({"x": {"voters": ["a"], "tie": "ranks"}}, "ballot 'x': tie is 'ranks'; one of first"),
        ({"x": {"voters": ["a"], "weight": [1]}}, "ballot 'x': 'weight' is not a known key"),
        ({"x": {"voters": ["a", "b"], "weights": [1]}}, "ballot 'x': weights is \\[1\\]"),
        ({"x": {"voters": ["a", "b"], "weights": [0, 0]}}, "not all 0"),
        ({"x": {"voters": ["a", "b"], "weights": [1, -1]}}, "at least 0"),
    ],
)
def test_impossible_ballots_are_named(ballots, message):
    with pytest.raises(ValueError, match=message):
        run_rounds(ballots, random_probs(0), NAMES)


def test_other_mistakes_are_named():
    probs = random_probs(0)
    with pytest.raises(ValueError, match="names has 3 entries for 4 members"):
        run_rounds({}, probs, NAMES[:3])
    with pytest.raises(ValueError, match="must differ"):
        run_rounds({}, probs, ["a", "a", "b", "c"])
    with pytest.raises(ValueError, match="keep names 'y'"):
        run_rounds({"x": {"voters": ["a"]}}, probs, NAMES, keep=["y"])
    with pytest.raises(ValueError, match="softmax"):
        run_rounds({"x": {"voters": ["a"]}}, np.log(probs), NAMES)
