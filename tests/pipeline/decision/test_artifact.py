"""The decision on the disk."""

import json
from dataclasses import replace

import numpy as np
import pytest

from pipeline import registry
from pipeline.config import load_params
from pipeline.data.inputs import InputSettings
from pipeline.data.labels import LabelSet
from pipeline.data.new_rows import RowReading, as_row, clean_rows
from pipeline.data.sources.read import Layout
from pipeline.decision.answer import decide
from pipeline.decision.artifact import Decision, read_decision, write_decision
from pipeline.errors import UserError
from pipeline.fusion.candidates import part_for, rule_of

MEMBERS = ["a", "b", "c"]
BALLOTS = {
    "first": {"voters": ["a", "b"], "rule": "vote", "tie": "rank", "weights": None},
    "last": {"voters": ["first", "b"], "rule": "probability_average", "tie": "rank", "weights": [1, 2]},
    "aside": {"voters": ["c"], "rule": "vote", "tie": "rank", "weights": None},
}
FUSION = {
    "rules": [{"name": word, **load_params().defaults["fusion"].get(word, {})} for word in registry.words("fusion")],
    "ballots": BALLOTS,
    "member_weights": [{"name": "none"}, {"name": "prior"}],
}
CLASSES = LabelSet(["1-a", "1-b", "2-a", "最"], ["1", "2", "最"], [0, 0, 1, 2])
READING = RowReading(
    Layout("\t", False, ["gb18030"], "replace", ["label", "text"], "label"),
    {"text": "content", "row_id": "编号"},
    InputSettings(["lower_case", {"name": "squeeze_repeats", "longest": 2}], "<空>", window=2, separator=" | "),
)


def case(seed=0, n_rows=90):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, n_rows)
    logits = rng.normal(size=(3, n_rows, 4)) + 1.5 * np.eye(4)[y]
    probs = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    return probs, y, np.arange(n_rows) % 3


def made(candidate, elsewhere=()):
    probs, y, fold_ids = case()
    part, _ = part_for(candidate, FUSION, MEMBERS)
    rule = rule_of(candidate, part, MEMBERS)
    state = rule.fit(probs, y, fold_ids)
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    decision = Decision(
        candidate, "prior", MEMBERS, list(elsewhere), CLASSES, weights, 5, part, rule.dump(state), READING
    )
    return decision, rule, state


@pytest.mark.parametrize("weighed", ["", "+prior"])
@pytest.mark.parametrize("name", [*registry.words("fusion"), *BALLOTS])
def test_every_candidate_gives_the_same_scores_again(tmp_path, name, weighed):
    decision, rule, state = made(name + weighed)
    write_decision(tmp_path / "decision", decision)
    new, _, _ = case(seed=1)
    scores = read_decision(tmp_path / "decision").fuse(new)
    np.testing.assert_array_equal(scores, rule.apply(new, state))
    assert np.ptp(scores) > 0


def test_a_member_alone_is_itself(tmp_path):
    decision, _, _ = made("b")
    write_decision(tmp_path / "decision", decision)
    probs, _, _ = case()
    np.testing.assert_array_equal(read_decision(tmp_path / "decision").fuse(probs), probs[1])


def test_all_of_it_comes_back(tmp_path):
    decision, _, _ = made("hill_climb+prior")
    write_decision(tmp_path / "decision", decision)
    again = read_decision(tmp_path / "decision")
    assert again.reading == READING
    assert again.classes == CLASSES
    assert again.state.keys() == {"class_weights", "rule.weights"}
    for name, array in decision.state.items():
        np.testing.assert_array_equal(again.state[name], array)
    same = {"weights": None, "state": None, "reading": None}
    np.testing.assert_array_equal(again.weights, decision.weights)
    assert replace(again, **same) == replace(decision, **same)


def test_the_files_are_plain_and_their_bytes_the_same(tmp_path):
    decision, _, _ = made("stack")
    for name in ("one", "two"):
        write_decision(tmp_path / name, decision)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == ["arrays.npz", "decision.json", "labels.json"]
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    settings = json.loads((tmp_path / "one/decision.json").read_text(encoding="utf-8"))
    assert settings["state"] == {}, "arrays are in the other file"
    assert [piece["name"] for piece in settings["fusion"]["rules"]] == ["stack"], "the others have no say"


def test_what_a_candidate_needs():
    assert part_for("b", FUSION, MEMBERS)[1] == ["b"]
    assert part_for("vote_rank+prior", FUSION, MEMBERS)[1] == MEMBERS
    part, needed = part_for("last+prior", FUSION, MEMBERS)
    assert needed == ["a", "b"]
    assert list(part["ballots"]) == ["first", "last"]
    assert part["rules"] == []
    assert part["member_weights"] == [{"name": "prior"}]
    assert part_for("last", FUSION, MEMBERS)[0]["member_weights"] == [{"name": "none"}]


def test_class_weights_decide():
    decision, _, _ = made("probability_average")
    probs = np.full((3, 1, 4), 0.25)
    answers = decide(decision, probs)
    assert answers.label_ids.tolist() == [3]
    np.testing.assert_allclose(answers.probabilities, [[0.1, 0.2, 0.3, 0.4]])
    assert answers.votes.tolist() == [[0], [0], [0]]


def test_a_member_from_elsewhere_is_refused(tmp_path):
    decision, _, _ = made("vote_first", elsewhere=["c"])
    write_decision(tmp_path / "decision", decision)
    with pytest.raises(UserError, match=r"decision\.json: the chosen vote_first needs c, and a member that was"):
        read_decision(tmp_path / "decision")


@pytest.mark.parametrize("file", ["decision.json", "labels.json", "arrays.npz"])
def test_a_missing_file_is_named(tmp_path, file):
    decision, _, _ = made("vote_first")
    write_decision(tmp_path / "decision", decision)
    (tmp_path / "decision" / file).unlink()
    with pytest.raises(UserError, match=rf"decision/{file}: not found"):
        read_decision(tmp_path / "decision")


def test_new_rows_are_cleaned_as_it_says():
    assert clean_rows(as_row("ABCCCC"), READING)["text"].tolist() == ["abcc"]
