import re
from pathlib import Path

import pytest

from pipeline.config import load_params
from pipeline.errors import UserError
from tools import prune

ROOT = Path(__file__).parents[2]
NAMED = [
    "data/unlabelled/news.parquet",
    "models/pretrained/tiny-bert/config.json",
    "models/aligned/tiny-bert/config.json",
    "models/encoders/tiny-bert/step-2/config.json",
    "models/vectors/tfidf/idf.npy",
    "data/augmented/swapped.parquet",
    "models/members/bert-ce/fold-0/model.safetensors",
    "models/oof_logits/1/bert-ce/fold-0.npz",
    "models/test_logits/1/bert-ce/fold-0.npz",
    "reports/alignment/tiny-bert.json",
    "reports/lengths/bert-ce.json",
    "reports/history/pretrain/tiny-bert.csv",
    "reports/history/post_train/tiny-bert.csv",
    "reports/history/finetune/bert-ce/fold-0.csv",
]
LEFT = [re.sub("tiny(?=-bert)|bert(?=-ce)|tfidf|swapped|news", "old", file) for file in NAMED]
OTHERS = [
    "models/oof_logits/1/.gitignore",
    "models/members/.keep/x",
    "models/plan/finetune/old-ce.json",
    "models/fused/old-ce.npz",
    "reports/data.json",
    "data/raw/old/train.csv",
    "data/augmented/.gitkeep",
]


def output(file):
    """The output of a stage in which a file lies: an entry of a folder of named artifacts."""
    parts = Path(file).parts
    return Path(*parts[: 4 if {"history", "1"} & {*parts} else 3]).as_posix()


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose stages made everything; dvc.lock keeps the stages that are gone."""
    monkeypatch.chdir(tmp_path)
    params = (ROOT / "params.yaml").read_text(encoding="utf-8")
    assert "\naugment: {}\n" in params
    assert "\nunlabelled: {}\n" in params
    swapped = "augment: {swapped: {method: random_swap, from: data/prepared/train.parquet}}"
    news = "unlabelled: {news: {from: news.txt, select: null}}"
    params = params.replace("\naugment: {}\n", f"\n{swapped}\n").replace("\nunlabelled: {}\n", f"\n{news}\n")
    Path("params.yaml").write_text(params, encoding="utf-8")
    for file in [*NAMED, *LEFT, *OTHERS]:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).touch()
    write_lock([output(file) for file in [*NAMED, *LEFT]])


def said(capsys):
    """What was said of files that lie there."""
    return [line for line in capsys.readouterr().out.splitlines() if "nothing in params.yaml reads it" not in line]


def write_lock(paths):
    outs = "".join(f"    - path: {path}\n      md5: 0.dir\n" for path in paths)
    Path("dvc.lock").write_text(f"schema: '2.0'\nstages:\n  nothing@x:\n    cmd: x\n  some@x:\n    outs:\n{outs}")


def test_what_params_no_longer_name_is_removed_and_nothing_else(project, capsys):
    prune.main()
    assert [file for file in [*NAMED, *OTHERS] if not Path(file).exists()] == []
    assert [file for file in LEFT if Path(output(file)).exists()] == []
    assert said(capsys) == [f"removed {output(file)}: not in params.yaml (it stays in DVC's cache)" for file in LEFT]


def test_the_second_time_there_is_nothing_to_do(project, capsys):
    prune.main()
    capsys.readouterr()
    prune.main()
    assert said(capsys) == []


def test_what_no_stage_made_is_kept_and_named(project, capsys):
    """A checkpoint that the user put among the pretrained ones is in no cache."""
    mine = Path("models/pretrained/mine")
    mine.mkdir()
    prune.main()
    assert mine.is_dir()
    assert f"kept {mine}: not in params.yaml, but no stage in dvc.lock made it; move it if it is in the way" in (
        capsys.readouterr().out.splitlines()
    )


def test_without_a_lock_file_nothing_is_removed(project, capsys):
    Path("dvc.lock").unlink()
    prune.main()
    assert all(Path(file).exists() for file in LEFT)
    assert "removed" not in capsys.readouterr().out


def test_external_members_are_named_too(project):
    text = Path("params.yaml").read_text(encoding="utf-8")
    text, found = re.subn(r"(?m)^external: {}", "external: {old-ce: {from: data/external/x}}", text)
    assert found == 1
    Path("params.yaml").write_text(text, encoding="utf-8")
    prune.main()
    assert Path("models/oof_logits/1/old-ce").exists()
    assert Path("models/test_logits/1/old-ce").exists()
    assert not Path("models/members/old-ce").exists()


def test_an_empty_project(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    params = (ROOT / "params.yaml").read_text(encoding="utf-8")
    assert "\naugment: {}\n" in params
    swapped = "augment: {swapped: {method: random_swap, from: data/prepared/train.parquet}}"
    Path("params.yaml").write_text(params.replace("\naugment: {}\n", f"\n{swapped}\n"), encoding="utf-8")
    prune.main()
    assert said(capsys) == []


def test_shipped_params_have_no_entry_that_nothing_uses():
    """`dvc repro report` makes everything, so a team mate's plain `dvc pull` misses nothing."""
    for file in [ROOT / "params.yaml", *(ROOT / "profiles").glob("*.yaml")]:
        assert prune.unused(load_params(file)) == {}, file


def test_an_entry_that_nothing_uses_is_named(project, capsys):
    text = Path("params.yaml").read_text(encoding="utf-8").replace("competition: stackdocs", "competition: own")
    text = text.replace("reference: data/plain/stackdocs.txt", "reference: own.txt")
    text = text.replace("    from: data/plain/stackdocs.txt", "    from: own.txt")
    text = text.replace("    from: models/encoders/tiny-nezha", "    from: models/encoders/tiny-bert")
    Path("params.yaml").write_text(text, encoding="utf-8")
    assert {stage: path.as_posix() for stage, (_, path) in prune.unused(load_params()).items()} == {
        "collect@stackdocs": "data/plain/stackdocs.txt",
        "select_text@news": "data/unlabelled/news.parquet",
        "post_train@tiny-nezha": "models/encoders/tiny-nezha",
        "augment@swapped": "data/augmented/swapped.parquet",
    }
    prune.main()
    assert capsys.readouterr().out.splitlines()[0] == (
        "data/plain/stackdocs.txt: nothing in params.yaml reads it, so it is not made, and a plain `dvc pull` will "
        "miss it; delete embedded.stackdocs, or run `dvc repro collect@stackdocs`"
    )


DAMAGED = [b"", b"stages:\n", b"stages: {a: [", b"\xff", b"schema: '2.0'\nstages:\n  a:\n    outs:\n"]


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_lock_file_is_one_line(project, content):
    Path("dvc.lock").write_bytes(content)
    with pytest.raises(UserError) as refused:
        prune.main()
    assert str(refused.value) == "dvc.lock: damaged. `python -m tools.mend` restores it or says what to do"
    assert all(Path(file).exists() for file in LEFT)
