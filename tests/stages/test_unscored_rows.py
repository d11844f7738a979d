"""Rows of fold -1, from the file to the submission: every fold trains on them, none is scored on them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tiny_ensemble import PARAMS, run_stages, write_csv, write_files, write_params

from pipeline.steps import finetune

UNSCORED = set(range(0, 60, 6))  # of the rows r0, r1, …


@pytest.fixture
def project(tmp_path, monkeypatch, short_texts, short_labels):
    """Two linear members in three folds that the file gives, a sixth of the rows in none of them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONCLAVE_DEVICES", "cpu")
    write_files(tmp_path, short_texts, short_labels)
    labels = [f"class {label}" for label in short_labels]
    folds = [-1 if i in UNSCORED else i % 3 for i in range(60)]
    rows = zip([f"r{i}" for i in range(60)], short_texts, labels, folds, strict=True)
    write_csv(Path("data/raw/tiny/train.csv"), ["id", "text", "label", "part"], rows)
    columns = {"id": "id", "text": "text", "label": "label", "fold": "part"}
    write_params(
        data=PARAMS["data"] | {"columns": columns},
        vectors={"tfidf": PARAMS["vectors"]["tfidf"]},
        members={name: PARAMS["members"][name] for name in ("svm", "nb")},
        fusion={"rules": ["vote_rank", "hill_climb", "stack"], "member_weights": ["none"]},
    )


def test_they_train_and_are_not_scored(project, monkeypatch, short_labels, capsys):
    trained = []
    real = finetune._inputs

    def watched(entry):
        row_id, rows = real(entry)
        trained.append({fold: set(row_id[rows.train_rows(fold)]) for fold in range(3)})
        return row_id, rows

    watched.cache_clear = real.cache_clear
    monkeypatch.setattr(finetune, "_inputs", watched)
    run_stages(last="report")
    unscored = {f"r{i}" for i in UNSCORED}
    assert trained
    for of_folds in trained:
        for fold, rows in of_folds.items():
            assert unscored < rows
            assert not {f"r{i}" for i in range(60) if i % 3 == fold and i not in UNSCORED} & rows
    held_out = []
    for fold in range(3):
        with np.load(f"models/oof_logits/1/svm/fold-{fold}.npz") as file:
            held_out += file["row_id"].tolist()
    assert sorted(held_out) == sorted({f"r{i}" for i in range(60)} - unscored)
    with np.load("models/predictions.npz") as file:
        assert file["nested"].shape[1] == 50
    assert len(pd.read_csv("reports/submission.csv")) == 21
    assert "3 folds × 1, of 10, 20, 20 rows, beside 10 that are always in training" in capsys.readouterr().out
