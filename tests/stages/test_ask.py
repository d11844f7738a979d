"""What a finished ensemble says of new texts."""

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_ensemble import PARAMS, make_ensemble, write_csv, write_params

from pipeline.artifacts.paths import DECISION, MEMBERS, MODELS, PREDICTIONS, SUBMISSION
from pipeline.artifacts.predictions import read_predictions
from pipeline.config import load_params
from pipeline.config.reading import row_reading
from pipeline.data.new_rows import clean_rows, read_rows
from pipeline.decision.answer import answer_rows, decide
from pipeline.decision.artifact import read_decision, write_decision
from pipeline.decision.make import make_decision
from pipeline.decision.member import load_members
from pipeline.errors import UserError
from stages import ask

RULES, BALLOTS = PARAMS["fusion"]["rules"], PARAMS["fusion"]["ballots"]
TEST_FILE = Path("data/raw/tiny/test.csv")


@pytest.fixture(scope="module")
def finished(tmp_path_factory, short_texts, short_labels):
    root = tmp_path_factory.mktemp("ensemble")
    make_ensemble(root, short_texts, short_labels)
    return root


@pytest.fixture(scope="module")
def members(finished):
    """The members of the finished ensemble, loaded once."""
    return list(load_members(read_decision(finished / DECISION), finished / MEMBERS))


@pytest.fixture
def project(finished, tmp_path, monkeypatch):
    monkeypatch.chdir(finished)
    shutil.copytree(DECISION, tmp_path / "before")
    yield finished
    shutil.rmtree(DECISION)
    shutil.copytree(tmp_path / "before", DECISION)


def choose(candidate, method="coordinate", external=()):
    """Let another pair be the one that was chosen; its test labels."""
    params, found = load_params(), read_predictions(PREDICTIONS)
    pairs = list(zip(found.candidates, found.methods, strict=True))
    chosen = pairs.index((candidate, method))
    weights, members = found.weights[chosen], list(PARAMS["members"])
    section = params.fusion.model_dump(mode="json")
    decision = make_decision(pairs[chosen], weights, section, members, external, row_reading(params.data))
    write_decision(DECISION, decision)
    return found.test[chosen]


def ask_file(path, capsys, models=MODELS):
    capsys.readouterr()
    ask.main(file=Path(path), models=models)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def ask_text(text, capsys):
    capsys.readouterr()
    ask.main(text=text)
    return json.loads(capsys.readouterr().out)


def test_the_test_file_gets_the_labels_of_the_submission(project, capsys):
    answers = ask_file(TEST_FILE, capsys)
    with SUBMISSION.open(encoding="utf-8", newline="") as file:
        submitted = [tuple(row.values()) for row in csv.DictReader(file)]
    assert [(answer["row_id"], answer["label"]) for answer in answers] == submitted
    assert len({label for _, label in submitted}) > 1


@pytest.mark.parametrize("weighed", ["", "+calibrated_prior"])
@pytest.mark.parametrize("candidate", [*RULES, *BALLOTS])
def test_every_rule_and_ballot_says_the_same_of_the_test_rows_again(project, members, candidate, weighed):
    check_answers(candidate + weighed, members)


@pytest.mark.parametrize("candidate", PARAMS["members"])
def test_every_member_says_the_same_of_the_test_rows_again(project, members, candidate):
    check_answers(candidate, members)


def check_answers(candidate, members):
    labels = choose(candidate)
    decision = read_decision(DECISION)
    answers = list(answer_rows(decision, members, read_rows(TEST_FILE, decision.reading)))
    assert [answer["label"] for answer in answers] == [f"class {k}" for k in labels]
    for answer in answers:
        probabilities = answer["probabilities"]
        assert next(iter(probabilities)) == answer["label"]
        assert list(probabilities.values()) == sorted(probabilities.values(), reverse=True)
        assert sum(probabilities.values()) == pytest.approx(1, abs=1e-5)
        assert list(answer["votes"]) == list(PARAMS["members"])


def test_votes_are_the_members_own(project, members):
    for index, member in enumerate(PARAMS["members"]):
        labels = choose(member, "none")
        decision = read_decision(DECISION)
        answers = answer_rows(decision, members, read_rows(TEST_FILE, decision.reading))
        assert [answer["votes"][member] for answer in answers] == [f"class {k}" for k in labels]
        texts = clean_rows(read_rows(TEST_FILE, decision.reading), decision.reading)["text"].tolist()
        np.testing.assert_array_equal(members[index](texts).argmax(axis=1), labels)


def test_two_folders_are_all_that_it_takes(finished, tmp_path, monkeypatch, capsys):
    """Copied into an empty folder, and read from there or from anywhere else."""
    monkeypatch.chdir(finished)
    expected = ask_file(TEST_FILE, capsys)
    shutil.copytree(DECISION, tmp_path / "shipped" / DECISION)
    shutil.copytree(MEMBERS, tmp_path / "shipped" / MEMBERS)
    shutil.copyfile(TEST_FILE, tmp_path / "test.csv")
    monkeypatch.chdir(tmp_path / "shipped")
    assert ask_file(tmp_path / "test.csv", capsys) == expected
    monkeypatch.chdir(tmp_path)
    assert ask_file("test.csv", capsys, models=Path("shipped/models")) == expected


def test_what_loading_takes_is_said_apart_from_the_answer(project, capsys):
    capsys.readouterr()
    ask.main(text="a0 a1")
    said = capsys.readouterr()
    assert json.loads(said.out)
    assert said.err.startswith("4 members of 3 fold models loaded in ")
    assert said.err.count("\n") == 1


def test_one_text_is_cleaned_and_answered_as_a_row_of_the_file(project, capsys, short_texts):
    answers = ask_file(TEST_FILE, capsys)
    for i in (0, 3):
        answer = ask_text(f"\t{short_texts[i].title()}", capsys)
        assert list(answer) == ["label", "probabilities", "votes"]
        assert answer["label"] == answers[i]["label"]
        assert answer["votes"] == answers[i]["votes"]
        for label, probability in answer["probabilities"].items():
            assert probability == pytest.approx(answers[i]["probabilities"][label], abs=1e-5)
    unknown = ask_text("nobody has ever said this", capsys)
    assert set(unknown["votes"]) == set(PARAMS["members"])


def test_a_file_without_ids_is_numbered(project, tmp_path, capsys, short_texts):
    write_csv(tmp_path / "new.csv", ["text"], [[text] for text in short_texts[:3]])
    assert [answer["row_id"] for answer in ask_file(tmp_path / "new.csv", capsys)] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, r"^ask: give --text or --file: one of the two$"),
        ({"text": "a", "file": TEST_FILE}, r"^ask: give --text or --file"),
        ({"text": "  "}, r"^--text: got '  ', a text is needed$"),
        ({"file": Path("data/raw/tiny/tset.csv")}, r"tset\.csv: no such file; .* did you mean 'test.csv'\?"),
        ({"file": Path("data/raw/tiny/test.xlsx")}, r"test\.xlsx: unknown kind of file"),
        ({"text": "a", "models": Path("mine")}, r"^mine/decision/decision\.json: not found\. It is made by an earlier"),
    ],
)
def test_bad_input_gets_one_message(project, asked, message):
    with pytest.raises(UserError, match=message):
        ask.main(**asked)


def test_a_file_without_the_column_of_texts(project, tmp_path):
    write_csv(tmp_path / "new.csv", ["id", "txt"], [["1", "a"]])
    with pytest.raises(UserError, match=r"new\.csv: no column .*text.*did you mean 'txt'"):
        ask.main(file=tmp_path / "new.csv")


def test_a_member_from_elsewhere_cannot_read_new_texts(project, capsys):
    choose("vote_first", external=["nb"])
    with pytest.raises(UserError, match=r"^models/decision/decision\.json: the chosen vote_first needs nb, and a mem"):
        ask.main(text="a0")
    choose("last+calibrated_prior", external=["nb"])
    with pytest.raises(UserError, match=r"the chosen last\+calibrated_prior needs nb, "):
        ask.main(text="a0")
    labels = choose("svm", external=["nb"])
    answers = ask_file(TEST_FILE, capsys)
    assert [answer["label"] for answer in answers] == [f"class {k}" for k in labels]
    assert list(answers[0]["votes"]) == ["svm", "mlp", "words"], "the others have a vote yet"


def test_a_ballot_asks_its_voters_alone(project, members):
    """The others may have been trained elsewhere; they are of no use to it, and it may be chosen all the same."""
    labels = choose("pair+calibrated_prior", external=["words"])
    decision = read_decision(DECISION)
    assert decision.members == ["svm", "nb", "mlp"]
    answers = answer_rows(decision, members[:3], read_rows(TEST_FILE, decision.reading))
    assert [answer["label"] for answer in answers] == [f"class {k}" for k in labels]


def test_an_unfinished_ensemble(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_params()
    with pytest.raises(UserError, match=r"^models/decision/decision\.json: not found\. It is made by an earlier stage"):
        ask.main(text="a0")


def test_a_member_that_was_not_shipped(project, tmp_path):
    shutil.copytree(DECISION, tmp_path / "decision")
    shutil.copytree(MEMBERS, tmp_path / "members")
    shutil.rmtree(tmp_path / "members/words/fold-2")
    with pytest.raises(UserError, match=r"members/words/fold-2: not found\. It is made by an earlier stage"):
        ask.main(text="a0", models=tmp_path)


def test_probabilities_follow_the_class_weights(project, capsys):
    """A class whose weight is huge wins every row, and takes the probability with it."""
    choose("probability_average")
    write_decision(DECISION, replace(read_decision(DECISION), weights=np.array([1e-9, 1e-9, 1e9])))
    answer = ask_text("a0 a1 a2", capsys)
    assert answer["label"] == "class 2"
    assert answer["probabilities"]["class 2"] == pytest.approx(1, abs=1e-6)


def test_arrays_of_the_ensemble_keep_their_rows(project, members, short_texts):
    """Rows in another order get the same answers in that order."""
    choose("geometric_average")
    decision = read_decision(DECISION)
    forward = decide(decision, np.stack([member(short_texts[:10]) for member in members]))
    backward = decide(decision, np.stack([member(short_texts[9::-1]) for member in members]))
    np.testing.assert_array_equal(forward.label_ids, backward.label_ids[::-1])
    np.testing.assert_allclose(forward.probabilities, backward.probabilities[::-1], atol=1e-6)
