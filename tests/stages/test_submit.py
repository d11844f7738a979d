import csv
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from pipeline.artifacts.atomic import write_json
from pipeline.artifacts.hashes import hash_file
from pipeline.artifacts.paths import (
    CLASS_WEIGHTS_REPORT,
    LABELS,
    LEDGER,
    MADE_ON,
    MANIFEST,
    PREDICTIONS,
    SUBMISSION,
    TEST,
)
from pipeline.artifacts.predictions import Predictions, read_predictions, write_predictions
from pipeline.artifacts.tables import write_table
from pipeline.errors import UserError
from pipeline.submission import read_ledger
from stages import submit

ROOT = Path(__file__).parents[2]
TEST_ID, CLASSES = ["t0", "t1", "t2"], ["a", "b,c", 'd"']
SAMPLE = Path("data/raw/stackdocs/sample_submission.csv")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """What submit reads: two pairs of a candidate and weights, of which the second was chosen."""
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text((ROOT / "params.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    write_table(TEST, pd.DataFrame({"row_id": TEST_ID}))
    write_json(LABELS, {"labels": CLASSES})
    predictions = Predictions(
        candidates=["bert-ce", "vote_first"],
        methods=["none", "coordinate"],
        weights=np.ones((2, 3)),
        nested=np.zeros((2, 5), dtype=np.int32),
        test=np.array([[0, 0, 0], [1, 0, 1]], dtype=np.int32),
        chosen=1,
    )
    write_predictions(PREDICTIONS, predictions)
    SAMPLE.parent.mkdir(parents=True)
    SAMPLE.write_bytes(b"\xef\xbb\xbfid,label\r\nt2,a\r\nt0,a\r\nt1,a\r\n")


def params(old, new):
    text = Path("params.yaml").read_text(encoding="utf-8")
    assert old in text
    Path("params.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_chosen_predictions_in_the_form_of_the_sample(project, capsys):
    submit.main()
    assert SUBMISSION.read_bytes() == b'id,label\nt2,"b,c"\nt0,"b,c"\nt1,a\n'
    assert capsys.readouterr().out.splitlines() == [
        '3 rows, 3 classes, 1 never predicted; most frequent: b,c 2, a 1, d" 0',
        "submission: reports/submission.csv",
    ]


def test_the_manifest_holds_the_hashes_of_what_was_read(project):
    submit.main()
    assert json.loads(MANIFEST.read_text()) == {
        "submission_sha256": hash_file(SUBMISSION),
        "chosen": {"candidate": "vote_first", "class_weights": "coordinate"},
        "inputs": {path.as_posix(): hash_file(path) for path in sorted([PREDICTIONS, TEST, LABELS, SAMPLE])},
    }


def test_the_manifest_names_mixed_folds_of_members_that_take_part(project):
    old, new = {"device": "cpu", "cpu": "AVX2"}, {"device": "cuda", "gpu": "x"}
    submit.main()
    before = MANIFEST.read_bytes()
    write_json(MADE_ON / "bert-ce.json", {"folds": {"fold-0": old, "fold-1": old}})
    write_json(MADE_ON / "dropped.json", {"folds": {"fold-0": old, "fold-1": new}})
    submit.main()
    assert MANIFEST.read_bytes() == before
    write_json(MADE_ON / "bert-ce.json", {"folds": {"fold-0": old, "fold-1": new}})
    submit.main()
    mixed = [{"folds": ["fold-0"], **old}, {"folds": ["fold-1"], **new}]
    assert json.loads(MANIFEST.read_text()) == json.loads(before) | {"folds_made_on": {"bert-ce": mixed}}


def test_the_same_again(project):
    submit.main()
    before = SUBMISSION.read_bytes(), MANIFEST.read_bytes()
    submit.main()
    assert (SUBMISSION.read_bytes(), MANIFEST.read_bytes()) == before


def test_without_a_sample_ids_come_in_the_test_files_order(project):
    params("sample_submission: sample_submission.csv", "sample_submission: null")
    params("columns: {id: id, text: text, label: label}", "columns: {id: key, text: text, label: class}")
    submit.main()
    with SUBMISSION.open(newline="") as file:
        assert list(csv.reader(file)) == [["key", "class"], ["t0", "b,c"], ["t1", "a"], ["t2", "b,c"]]
    assert SAMPLE.as_posix() not in json.loads(MANIFEST.read_text())["inputs"]


def test_rows_without_ids_of_their_own(project):
    params("sample_submission: sample_submission.csv", "sample_submission: null")
    params("{id: id, text", "{id: null, text")
    submit.main()
    assert SUBMISSION.read_text().startswith("id,label\nt0,")


def test_a_sample_in_another_encoding(project):
    SAMPLE.write_bytes("编号,类别\nt0,\nt1,\nt2,\n".encode("gb18030"))
    submit.main()
    assert SUBMISSION.read_text(encoding="utf-8").startswith("编号,类别\nt0,")


def test_a_sample_of_another_test_file(project):
    SAMPLE.write_text("id,label\nt0,a\nt1,a\nt3,a\n")
    with pytest.raises(
        UserError, match=rf"^{SAMPLE}: 3 ids, the test file has 3: 't2' is missing, 't3' is not a test row"
    ):
        submit.main()
    assert not SUBMISSION.exists()
    assert not MANIFEST.exists()


def test_a_missing_sample(project):
    SAMPLE.unlink()
    with pytest.raises(UserError, match=rf"^{SAMPLE}: no such file; mend data\.sample_submission in params\.yaml"):
        submit.main()


@pytest.mark.parametrize("artifact", [PREDICTIONS, TEST, LABELS])
def test_before_its_turn(project, artifact):
    artifact.unlink()
    with pytest.raises(UserError, match=rf"^{artifact}: not found\. It is made by an earlier stage"):
        submit.main()


@pytest.fixture
def submitted(project):
    submit.main()
    chosen = {"candidate": "vote_first", "method": "coordinate", "nested": 0.61}
    write_json(CLASS_WEIGHTS_REPORT, {"chosen": chosen})


def test_a_boards_score_goes_into_the_ledger_and_nothing_else_changes(submitted, capsys):
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    submit.main(("A", 0.5832), "2026-11-30")
    submit.main(("B", 0.57), "2026-12-01")
    assert {path: path.read_bytes() for path in before} == before
    assert [(e.date, e.board, e.score, e.nested, e.candidate, e.class_weights) for e in read_ledger(LEDGER)] == [
        ("2026-11-30", "A", 0.5832, 0.61, "vote_first", "coordinate"),
        ("2026-12-01", "B", 0.57, 0.61, "vote_first", "coordinate"),
    ]
    assert read_ledger(LEDGER)[0].manifest == hash_file(MANIFEST)
    assert "reports/ledger.csv: 2026-11-30 board A 0.5832, nested 0.6100" in capsys.readouterr().out


def test_a_record_without_a_date_takes_that_of_the_commit(submitted):
    with pytest.raises(UserError, match="give one: --date"):
        submit.main(("A", 0.5))
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    environment = os.environ | {"GIT_COMMITTER_DATE": "2026-10-05T12:00:00+0000"}
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True, env=environment)
    submit.main(("A", 0.5))
    assert read_ledger(LEDGER)[0].date == "2026-10-05"


def test_a_record_of_something_else_than_was_submitted(submitted):
    before = PREDICTIONS.read_bytes()
    write_predictions(PREDICTIONS, replace(read_predictions(PREDICTIONS), nested=np.ones((2, 5), dtype=np.int32)))
    with pytest.raises(UserError, match=r"is of other predictions than models/predictions\.npz"):
        submit.main(("A", 0.5), "2026-11-30")
    PREDICTIONS.write_bytes(before)
    with pytest.raises(UserError, match="--date tomorrow: a date is needed, as 2026-11-30"):
        submit.main(("A", 0.5), "tomorrow")
    with pytest.raises(UserError, match="a finite score"):
        submit.main(("A", float("nan")), "2026-11-30")
    assert not LEDGER.exists()


def test_the_command_line_takes_a_board_and_a_score(submitted):
    app = typer.Typer()
    app.command()(submit.main)
    done = CliRunner().invoke(app, ["--record", "A", "0.58", "--date", "2026-11-30"])
    assert done.exit_code == 0, done.output
    assert [(e.board, e.score) for e in read_ledger(LEDGER)] == [("A", 0.58)]
