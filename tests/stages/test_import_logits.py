import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.artifacts.atomic import write_json
from pipeline.artifacts.logits import read_oof, read_test, write_logits
from pipeline.artifacts.paths import FOLDS, LABELS, OOF_LOGITS, TEST, TEST_LOGITS, TRAIN
from pipeline.artifacts.tables import write_table
from pipeline.errors import UserError
from stages import import_logits

ROOT = Path(__file__).parents[2]
SOURCE = Path("data/external/my-llm")
TRAIN_ID, TEST_ID, CLASSES = [f"r{i}" for i in range(6)], ["t0", "t1"], ["a", "b", "c"]
FOLD_IDS = np.array([[0, 1, 0, 1, 0, 1], [1, 1, 0, 0, 1, 0]])  # two repeats of two folds


def logits(n_rows, seed):
    return np.random.default_rng(seed).normal(size=(n_rows, 3)).astype(np.float32)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Prepared data, folds, and the logits of a member that was trained elsewhere, its rows in any order."""
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    text, found = re.subn(r"(?m)^external: {}", "external: {my-llm: {from: data/external/my-llm}}", text)
    assert found == 1
    Path("params.yaml").write_text(text, encoding="utf-8")
    write_table(TRAIN, pd.DataFrame({"row_id": TRAIN_ID, "label_id": 0}))
    write_table(TEST, pd.DataFrame({"row_id": TEST_ID}))
    write_json(LABELS, {"labels": CLASSES})
    folds = {"row_id": TRAIN_ID * 2, "repeat": np.repeat([0, 1], 6), "fold": FOLD_IDS.ravel()}
    write_table(FOLDS, pd.DataFrame(folds))
    for k in range(4):
        rows = np.flatnonzero(FOLD_IDS[k // 2] == k % 2)[::-1]
        write_logits(SOURCE / "oof_logits" / f"fold-{k}.npz", [TRAIN_ID[i] for i in rows], logits(3, k), CLASSES)
        write_logits(SOURCE / "test_logits" / f"fold-{k}.npz", TEST_ID[::-1], logits(2, 10 + k), CLASSES)


def test_a_good_folder_takes_part(project, capsys):
    import_logits.main("my-llm")
    name = "my-llm"
    oof = read_oof(OOF_LOGITS / name, TRAIN_ID, FOLD_IDS, CLASSES)
    np.testing.assert_array_equal(oof, read_oof(SOURCE / "oof_logits", TRAIN_ID, FOLD_IDS, CLASSES))
    test = read_test(TEST_LOGITS / name, TEST_ID, 4, CLASSES)
    np.testing.assert_array_equal(test, np.stack([logits(2, 10 + k)[::-1] for k in range(4)]))
    assert capsys.readouterr().out == f"{name}: 4 folds checked: {OOF_LOGITS / name}/, {TEST_LOGITS / name}/\n"


def test_only_what_was_checked_is_written(project):
    """Other files of the source, and other arrays in them, stay outside."""
    np.savez(SOURCE / "oof_logits" / "fold-9.npz", x=np.ones(1))
    import_logits.main("my-llm")
    assert sorted(path.name for path in (OOF_LOGITS / "my-llm").iterdir()) == [f"fold-{k}.npz" for k in range(4)]


@pytest.mark.parametrize("part", ["oof_logits", "test_logits"])
def test_a_broken_file_is_named_and_nothing_is_written(project, part):
    file = SOURCE / part / "fold-2.npz"
    with np.load(file) as stored:
        arrays = dict(stored)
    arrays["logits"][0, 1] = np.nan
    np.savez(file, **arrays)
    with pytest.raises(UserError) as refused:
        import_logits.main("my-llm")
    assert str(refused.value).startswith(f"{file}: 1 rows with NaN or infinite logits, first row_id ")
    assert not (OOF_LOGITS / "my-llm").exists()
    assert not (TEST_LOGITS / "my-llm").exists()


def test_a_missing_file_is_named(project):
    (SOURCE / "oof_logits" / "fold-3.npz").unlink()
    with pytest.raises(UserError, match=r"^data/external/my-llm/oof_logits/fold-3\.npz: not found"):
        import_logits.main("my-llm")


def test_no_folder_at_all(project):
    shutil.rmtree(SOURCE)
    with pytest.raises(UserError, match=r"^data/external/my-llm/oof_logits/fold-0\.npz: not found"):
        import_logits.main("my-llm")


def test_a_name_that_params_do_not_hold(project):
    with pytest.raises(UserError, match="external: got 'my-lm', one of: my-llm; did you mean 'my-llm'"):
        import_logits.main("my-lm")
