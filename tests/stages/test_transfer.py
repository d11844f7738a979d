"""A finished ensemble as a member of another competition."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tiny_ensemble import make_ensemble, write_csv

from pipeline.artifacts.atomic import write_json
from pipeline.artifacts.logits import read_oof, read_test
from pipeline.artifacts.paths import FOLDS, LABELS, OOF_LOGITS, TEST, TEST_LOGITS, TRAIN
from pipeline.artifacts.tables import write_table
from pipeline.errors import UserError
from pipeline.metrics import macro_f1
from stages import ask, import_logits
from tools import transfer

ROOT = Path(__file__).parents[2]
TRAIN_ID, TEST_ID = [f"r{i}" for i in range(12)], ["t0", "t1"]
TRAIN_TEXTS, TEST_TEXTS = [f"{'ABC'[i % 3]}{i % 8} b{i % 5} c1" for i in range(12)], ["a1 a2 a3", "C4 c5 c6"]
CLASSES = ["class 2", "class 0", "class 1"]  # in another order
TRUE = [f"class {i % 3}" for i in range(12)]
FOLD_IDS = np.array([[0, 1] * 6, [1] * 6 + [0] * 6])  # two repeats of two folds


@pytest.fixture(scope="module")
def finished(tmp_path_factory, short_texts, short_labels):
    root = tmp_path_factory.mktemp("ensemble")
    make_ensemble(root, short_texts, short_labels)
    return root


@pytest.fixture
def other(finished, tmp_path, monkeypatch):
    """The other competition, prepared and cut into folds."""
    monkeypatch.chdir(finished)
    other = tmp_path / "other"
    write_table(other / TRAIN, pd.DataFrame({"row_id": TRAIN_ID, "text": TRAIN_TEXTS, "label": TRUE, "label_id": 0}))
    write_table(other / TEST, pd.DataFrame({"row_id": TEST_ID, "text": TEST_TEXTS}))
    write_json(other / LABELS, {"labels": CLASSES})
    folds = {"row_id": TRAIN_ID * 2, "repeat": np.repeat([0, 1], 12), "fold": FOLD_IDS.ravel()}
    write_table(other / FOLDS, pd.DataFrame(folds))
    return other


def asked(texts, tmp_path, capsys):
    """The probabilities that `ask --file` gives, in the order of the other's classes."""
    write_csv(tmp_path / "asked.csv", ["text"], [[text] for text in texts])
    capsys.readouterr()
    ask.main(file=tmp_path / "asked.csv")
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return np.array([[answer["probabilities"][name] for name in CLASSES] for answer in answers])


def test_its_answers_take_part_in_the_other_competition(other, tmp_path, monkeypatch, capsys):
    expected = asked([*TRAIN_TEXTS, *TEST_TEXTS], tmp_path, capsys)
    transfer.main(other)
    said = capsys.readouterr().out
    score = macro_f1([CLASSES.index(name) for name in TRUE], expected[:12].argmax(axis=1), 3)
    assert f"12 training rows, macro-F1 {score:.4f}, and 2 test rows: {other}/data/external/transfer/" in said
    assert "warning" not in said

    monkeypatch.chdir(other)  # where import_logits checks and takes them
    entry = re.search(r"external: {transfer: {from: data/external/transfer}}", said)
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    Path("params.yaml").write_text(re.sub(r"(?m)^external: {}", entry[0], text), encoding="utf-8")
    import_logits.main("transfer")
    oof = np.exp(read_oof(OOF_LOGITS / "transfer", TRAIN_ID, FOLD_IDS, CLASSES))
    test = np.exp(read_test(TEST_LOGITS / "transfer", TEST_ID, 4, CLASSES))
    for repeat in oof:
        np.testing.assert_allclose(repeat, expected[:12], atol=2e-6)
    for fold in test:
        np.testing.assert_allclose(fold, expected[12:], atol=2e-6)


def test_texts_that_the_ensemble_learned_are_counted_as_it_reads_them(other, short_texts, capsys):
    texts = [short_texts[0], short_texts[1].upper(), *TRAIN_TEXTS[2:]]
    write_table(other / TRAIN, pd.DataFrame({"row_id": TRAIN_ID, "text": texts, "label": TRUE}))
    transfer.main(other, name="usual-2")
    said = capsys.readouterr().out
    assert said.startswith("warning: 2 training rows over there have a text that this ensemble learned, ")
    assert (other / "data/external/usual-2/oof_logits/fold-3.npz").exists()


@pytest.mark.parametrize("name", ["../prepared", ".", "", "smp2020_usual"])
def test_a_name_that_params_would_not_take_is_refused(other, name):
    with pytest.raises(UserError, match=r"^--name: got '.*', a name of small letters, digits and single hyphens is"):
        transfer.main(other, name=name)
    assert (other / TRAIN).exists()


def test_a_member_that_is_there_is_left_alone(other):
    mine = other / "data/external/my-llm/notes.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("by hand", encoding="utf-8")
    with pytest.raises(UserError, match=r"external/my-llm: is there already\. Remove it if it may be made anew"):
        transfer.main(other, name="my-llm")
    assert mine.read_text(encoding="utf-8") == "by hand"


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["class 0", "class 1"], r"labels\.json: got 2 classes, the 3 of this .* needed; 'class 2' is in one alone$"),
        (["class 0", "class 1", "x"], r"labels\.json: got 3 classes, the 3 of .* needed; 'class 2' is in one alone$"),
    ],
)
def test_other_classes_are_refused(other, labels, message):
    write_json(other / LABELS, {"labels": labels})
    with pytest.raises(UserError, match=message):
        transfer.main(other)
    assert not (other / "data/external").exists()


@pytest.mark.parametrize("missing", [TRAIN, FOLDS, LABELS])
def test_the_other_competition_has_to_be_prepared(other, missing):
    (other / missing).unlink()
    with pytest.raises(UserError, match=rf"{re.escape(str(other / missing))}: not found"):
        transfer.main(other)
    assert not (other / "data/external").exists()
