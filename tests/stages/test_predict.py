"""What a finished ensemble says of new texts."""

import copy
import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dag_workspace import tree_hashes
from tiny_ensemble import PARAMS, make_ensemble, write_csv, write_params

from pipeline.artifacts.paths import MEMBERS, PREDICTIONS, SUBMISSION, TEST_LOGITS
from pipeline.artifacts.predictions import read_predictions, write_predictions
from pipeline.errors import UserError
from pipeline.members.neural.kind import Neural
from pipeline.runtime.scratch import published_folders
from pipeline.steps import predict as predict_step
from stages import fuse, predict

RULES, BALLOTS = PARAMS["fusion"]["rules"], PARAMS["fusion"]["ballots"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory, short_texts, short_labels):
    root = tmp_path_factory.mktemp("ensemble")
    make_ensemble(root, short_texts, short_labels)
    return root


@pytest.fixture
def project(finished, monkeypatch):
    monkeypatch.chdir(finished)
    before = PREDICTIONS.read_bytes()
    yield finished
    PREDICTIONS.write_bytes(before)
    write_params()


def choose(candidate, method="coordinate"):
    """Let another pair be the one that is submitted; its test labels."""
    found = read_predictions(PREDICTIONS)
    pairs = list(zip(found.candidates, found.methods, strict=True))
    chosen = pairs.index((candidate, method))
    write_predictions(PREDICTIONS, replace(found, chosen=chosen))
    return found.test[chosen]


def ask_file(path, capsys):
    capsys.readouterr()
    predict.main(file=Path(path))
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def ask_text(text, capsys):
    capsys.readouterr()
    predict.main(text=text)
    return json.loads(capsys.readouterr().out)


def test_the_test_file_gets_the_labels_of_the_submission(project, capsys):
    answers = ask_file("data/raw/tiny/test.csv", capsys)
    with SUBMISSION.open(encoding="utf-8", newline="") as file:
        submitted = [tuple(row.values()) for row in csv.DictReader(file)]
    assert [(answer["row_id"], answer["label"]) for answer in answers] == submitted
    assert len({label for _, label in submitted}) > 1


@pytest.mark.parametrize("weighed", ["", "+calibrated_prior"])
@pytest.mark.parametrize("candidate", [*RULES, *BALLOTS])
def test_every_rule_and_ballot_says_the_same_of_the_test_rows_again(project, capsys, candidate, weighed):
    check_answers(candidate + weighed, capsys)


@pytest.mark.parametrize("candidate", PARAMS["members"])
def test_every_member_says_the_same_of_the_test_rows_again(project, capsys, candidate):
    check_answers(candidate, capsys)


def check_answers(candidate, capsys):
    labels = choose(candidate)
    answers = ask_file("data/raw/tiny/test.csv", capsys)
    assert [answer["label"] for answer in answers] == [f"class {k}" for k in labels]
    for answer in answers:
        probabilities = answer["probabilities"]
        assert next(iter(probabilities)) == answer["label"]
        assert list(probabilities.values()) == sorted(probabilities.values(), reverse=True)
        assert sum(probabilities.values()) == pytest.approx(1, abs=1e-5)
        assert list(answer["votes"]) == list(PARAMS["members"])


def test_votes_are_the_members_own(project, capsys):
    answers = ask_file("data/raw/tiny/test.csv", capsys)
    for member in PARAMS["members"]:
        labels = choose(member, "none")
        assert [answer["votes"][member] for answer in answers] == [f"class {k}" for k in labels]


def test_one_text_is_cleaned_and_answered_as_a_row_of_the_file(project, capsys, short_texts):
    answers = ask_file("data/raw/tiny/test.csv", capsys)
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


def test_a_killed_predict_goes_on_with_the_models_that_are_left(finished, tmp_path, monkeypatch, capsys):
    shutil.copytree(finished, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setenv("CONCLAVE_DEVICES", "cpu")
    whole = tree_hashes(TEST_LOGITS / "words")
    shutil.rmtree(TEST_LOGITS / "words")
    shutil.rmtree(".scratch")
    asked = []

    def kill(kind, shared, fold, *rest):
        if len(asked) == 1:
            raise KeyboardInterrupt
        asked.append(fold.name)
        return real(kind, shared, fold, *rest)

    real = Neural.load
    with monkeypatch.context() as patch:
        patch.setattr(Neural, "load", kill)
        with pytest.raises(KeyboardInterrupt):
            predict.main("words")
    assert asked == ["fold-0"]
    assert not (TEST_LOGITS / "words").exists()
    capsys.readouterr()
    predict.main("words")
    said = [f"predict words fold-{k}: 21 rows" for k in (1, 2)]
    assert capsys.readouterr().out.splitlines()[:-1] == said
    assert tree_hashes(TEST_LOGITS / "words") == whole
    shutil.rmtree(TEST_LOGITS / "words")
    monkeypatch.setattr(Neural, "load", None)
    predict.main("words")
    assert tree_hashes(TEST_LOGITS / "words") == whole, "published again until DVC has recorded it"
    assert [published.stage for published in published_folders()] == ["predict@words"]


def test_fold_models_side_by_side_give_the_same_bytes(finished, tmp_path, monkeypatch, capsys):
    shutil.copytree(finished, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setenv("CONCLAVE_DEVICES", "cpu,cpu")
    whole = tree_hashes(TEST_LOGITS / "svm")
    shutil.rmtree(TEST_LOGITS / "svm")
    shutil.rmtree(".scratch")
    predict_step._inputs.cache_clear()  # this process has no use for them
    predict.main("svm")
    assert tree_hashes(TEST_LOGITS / "svm") == whole
    assert predict_step._inputs.cache_info().currsize == 0


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, r"^predict: name a member, or give --text or --file: one of the three$"),
        ({"text": "a", "member": "svm"}, r"^predict: name a member, or give"),
        ({"text": "  "}, r"^--text: got '  ', a text is needed$"),
        ({"file": Path("data/raw/tiny/tset.csv")}, r"tset\.csv: no such file; .* did you mean 'test.csv'\?"),
        ({"file": Path("data/raw/tiny/test.xlsx")}, r"test\.xlsx: unknown kind of file"),
    ],
)
def test_bad_input_gets_one_message(project, asked, message):
    with pytest.raises(UserError, match=message):
        predict.main(**asked)


def test_a_file_without_the_column_of_texts(project, tmp_path):
    write_csv(tmp_path / "new.csv", ["id", "txt"], [["1", "a"]])
    with pytest.raises(UserError, match=r"new\.csv: no column .*text.*did you mean 'txt'"):
        predict.main(file=tmp_path / "new.csv")


def test_a_member_from_elsewhere_cannot_read_new_texts(project, capsys):
    (MEMBERS / "nb").rename(MEMBERS / "away")
    try:
        choose("vote_first")
        with pytest.raises(
            UserError, match=r"^the chosen vote_first needs nb, of which there is no models/members/nb/"
        ):
            predict.main(text="a0")
        choose("svm")
        assert list(ask_text("a0", capsys)["votes"]) == ["svm", "mlp", "words"], "the others have a vote yet"
    finally:
        (MEMBERS / "away").rename(MEMBERS / "nb")


def test_a_rule_that_params_no_longer_have(project):
    choose("hill_climb")
    write_params(fusion={"rules": ["vote_first"], "member_weights": ["none"]})
    with pytest.raises(UserError, match=r"^fusion: hill_climb was chosen, and nothing there makes it any more; run `d"):
        predict.main(text="a0")


def test_an_unfinished_ensemble(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_params()
    with pytest.raises(UserError, match=r"^models/predictions\.npz: not found\. It is made by an earlier stage"):
        predict.main(text="a0")


def test_probabilities_follow_the_class_weights(project, capsys):
    """A class whose weight is huge wins every row, and takes the probability with it."""
    choose("probability_average")
    found = read_predictions(PREDICTIONS)
    weights = copy.deepcopy(found.weights)
    weights[found.chosen] = [1e-9, 1e-9, 1e9]
    write_predictions(PREDICTIONS, replace(found, weights=weights))
    answer = ask_text("a0 a1 a2", capsys)
    assert answer["label"] == "class 2"
    assert answer["probabilities"]["class 2"] == pytest.approx(1, abs=1e-6)


def test_every_members_lengths_were_measured(project):
    reports = {m: json.loads(Path(f"reports/lengths/{m}.json").read_text()) for m in PARAMS["members"]}
    assert reports["svm"] == reports["nb"] == reports["mlp"] == {}
    assert reports["words"]["train"]["q100"] == max(len(text.split()) for text in _train_texts()), (
        "words, without special tokens"
    )


def _train_texts():
    with Path("data/raw/tiny/train.csv").open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]


def test_arrays_of_the_ensemble_keep_their_rows(project):
    """Rows in another order get the same answers in that order."""
    from pipeline.config import load_params
    from pipeline.ensemble.decision import decide, read_decision
    from pipeline.ensemble.member import load_member

    choose("geometric_average")
    decision = read_decision(load_params().fusion.model_dump())
    members = [load_member(name, decision.classes, decision.n_folds) for name in decision.members]
    texts = [text.lower() for text in _train_texts()[:10]]
    forward = decide(decision, np.stack([member(texts) for member in members]))
    backward = decide(decision, np.stack([member(texts[::-1]) for member in members]))
    np.testing.assert_array_equal(forward.label_ids, backward.label_ids[::-1])
    np.testing.assert_allclose(forward.probabilities, backward.probabilities[::-1], atol=1e-6)


@pytest.mark.parametrize("members", [["svm"], list(PARAMS["members"])])
def test_ballots_alone_are_fused(finished, tmp_path, monkeypatch, members):
    """Also of one member: what each member adds is asked of rules, since a ballot cannot spare a voter."""
    shutil.copytree(finished, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    ballots = {"alone": {"voters": ["svm"]}}
    fusion = {"rules": [], "ballots": ballots, "member_weights": ["none", "prior"]}
    write_params(fusion=fusion, members={name: PARAMS["members"][name] for name in members})
    fuse.main()
    report = json.loads(Path("reports/fusion.json").read_text())
    assert list(report["scores"]) == [*members, "alone", "alone+prior"]
    assert report["scores"]["alone"] == report["scores"]["svm"]
    assert report["fitted"] == {"alone": 0, "alone+prior": len(members)}
    assert "member_gains" not in report
