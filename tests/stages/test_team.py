"""What a team adds with `dvc add` reaches every team mate, and nothing that git or DVC does loses it."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dulwich.ignore import IgnoreFilterManager
from dulwich.repo import Repo
from ruamel.yaml import YAML

sys.path.insert(0, str(Path(__file__).parent))
from dag_workspace import PROJECT, Workspace, commit, new_workspace, tree_hashes
from test_profiles import write_daguan

from pipeline import registry
from pipeline.vocab.tokenizers import word_level_tokenizer

MAKE_REPRO = ("make", "--old-file=.venv/.installed", "repro")
RAW, EXTERNAL, CHECKPOINT = "data/raw/own", "data/external/team-b/svm", "models/own/bert"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A competition, an external member and a checkpoint of the team's own, each kept by `dvc add`, committed."""
    folder = tmp_path_factory.mktemp("team")
    workspace = new_workspace(folder / "project", folder / "cache")
    (workspace.root / RAW).mkdir(parents=True)
    write_daguan(workspace.root / RAW)
    write_checkpoint(workspace.root / CHECKPOINT)
    write_params(workspace, external={})
    workspace.repro("finetune@svm", "predict@svm")
    for part in ("oof_logits", "test_logits"):
        shutil.copytree(workspace.root / "models" / part / "1/svm", workspace.root / EXTERNAL / part)
    write_params(workspace, external={"svm-b": {"from": EXTERNAL}})
    for path in (RAW, EXTERNAL, CHECKPOINT):
        workspace.run("dvc", "add", path)
    assert "collect@stackdocs" not in workspace.repro()
    workspace.run("dvc", "remote", "add", "-d", "team", str(folder / "remote"))
    commit(workspace)
    return workspace


def write_checkpoint(folder: Path) -> None:
    tokenizer = word_level_tokenizer([str(i) for i in range(200)], max_length=64)
    shape = {"layers": 1, "hidden": 16, "heads": 2, "intermediate": 32, "max_length": 64, "dropout": 0.0}
    registry.load("architectures", "bert")(vocab_size=len(tokenizer), **shape).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def write_params(workspace: Workspace, external: dict[str, Any]) -> None:
    """The embedded competition's params with the team's own files and fewer members."""
    yaml, file = YAML(), workspace.root / "params.yaml"
    params = yaml.load(file.read_text(encoding="utf-8"))
    svm = params["members"].get("tfidf-svm") or params["members"]["svm"]
    params["embedded"], params["scratch"], params["external"] = {}, {}, external
    params["data"] |= {"competition": "own", "corpus": ["train.csv", "test.csv"], "answer_key": None}
    encoder = {"from": CHECKPOINT, "reference": f"{RAW}/train.csv", "align": {"method": "identity"}}
    params["encoders"] = {"own": encoder | {"corpus": "data/prepared/corpus.parquet", "post_train": {}}}
    params["members"] = {"bert": {"kind": "neural", "from": "models/encoders/own", "max_length": 32}, "svm": svm}
    with file.open("w", encoding="utf-8") as stream:
        yaml.dump(params, stream)


def clone(workspace: Workspace, folder: Path, *options: str) -> Workspace:
    workspace.run("git", "clone", "--quiet", *options, str(workspace.root), str(folder))
    (folder / ".venv").symlink_to(sys.prefix)
    return Workspace(folder)


@pytest.mark.dag
def test_a_clone_and_a_plain_pull_have_everything_and_run_nothing(own: Workspace, tmp_path: Path) -> None:
    own.run("dvc", "push")
    mate = clone(own, tmp_path / "mate")
    mate.run("dvc", "cache", "dir", "--local", str(tmp_path / "cache"))
    mate.run("dvc", "pull")
    for path in (RAW, EXTERNAL, CHECKPOINT, "models", "data/prepared", "reports/submission.csv"):
        assert tree_hashes(mate.root / path) == tree_hashes(own.root / path), path
    assert mate.run("dvc", "status").strip().endswith("up to date.")
    assert "Running stage" not in mate.run(*MAKE_REPRO)
    assert mate.run("git", "status", "--porcelain").strip() == ""


@pytest.mark.dag
def test_garbage_collection_keeps_them(own: Workspace, tmp_path: Path) -> None:
    before = {path: tree_hashes(own.root / path) for path in (RAW, EXTERNAL, CHECKPOINT)}
    own.run("dvc", "gc", "--workspace", "--force")
    for path in before:
        shutil.rmtree(own.root / path)
    own.run("dvc", "checkout")
    assert {path: tree_hashes(own.root / path) for path in before} == before


@pytest.mark.dag
def test_an_experiment_in_a_folder_of_its_own_finds_them(own: Workspace) -> None:
    output = own.run("dvc", "exp", "run", "--temp", "report", "-S", "class_weights.bootstrap_samples=21")
    assert "Running stage 'search_weights'" in output
    assert "Running stage 'prepare'" not in output


@pytest.mark.dag
def test_a_clone_with_windows_line_ends_runs_nothing(own: Workspace, tmp_path: Path) -> None:
    mate = clone(own, tmp_path / "mate", "--config", "core.autocrlf=true")
    shutil.copyfile(own.root / ".dvc/config.local", mate.root / ".dvc/config.local")
    mate.run("dvc", "pull")
    assert mate.run("dvc", "status").strip().endswith("up to date.")
    assert mate.repro() == []
    assert mate.run("git", "status", "--porcelain").strip() == ""


# ── What git ignores ────────────────────────────────────────────────────────────────────────────────────────────

OPEN_FOLDERS = ["data/", "data/raw/", "data/raw/own/", "data/external/", "data/external/team-b/", "data/augmented/"]
OPEN_FOLDERS += ["data/dictionaries/", "data/corpora/", "models/", "models/own/", "models/own/bert/"]
IGNORED = ["data/raw/own/train.csv", "data/raw/own/deep/train.csv", "data/raw/stackdocs/", "data/folds.parquet"]
IGNORED += ["data/external/team-b/svm/oof_logits/fold-0.npz", "data/corpora/weibo.txt", "data/augmented/x.parquet"]
IGNORED += ["models/own/bert/model.safetensors", "models/predictions.npz", ".scratch/x/fold-0/"]
SEEN = ["data/raw/own.dvc", "data/raw/.gitignore", "data/external/team-b/svm.dvc", "data/external/team-b/.gitignore"]
SEEN += ["data/corpora/weibo.txt.dvc", "data/corpora/.gitignore", "models/own/bert.dvc", "models/own/.gitignore"]
SEEN += ["data/dictionaries/names.txt", "data/augmented/.gitkeep", "data/raw/own/train.csv.dvc", "data/all.csv.dvc"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the project's .gitignore in which all of these files lie."""
    root = tmp_path_factory.mktemp("ignored")
    shutil.copyfile(PROJECT / ".gitignore", root / ".gitignore")
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    for name in [*OPEN_FOLDERS, *IGNORED, *SEEN]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).mkdir(exist_ok=True) if name.endswith("/") else (root / name).touch()
        if name.endswith("/"):
            (root / name / "file").touch()
    return root


def test_git_sees_what_dvc_add_writes_and_no_data(files: Path) -> None:
    command = ["git", "ls-files", "--others", "--exclude-standard"]
    seen = subprocess.run(command, cwd=files, capture_output=True, text=True, check=True).stdout.split()
    assert set(seen) == {*SEEN, ".gitignore", "data/dictionaries/file"}


def test_dvc_looks_into_every_folder_that_may_hold_a_dvc_file(files: Path) -> None:
    """DVC asks dulwich, which takes `/data/*` for a match of `data/`."""
    ignored = IgnoreFilterManager.from_repo(Repo(str(files))).is_ignored
    assert [name for name in OPEN_FOLDERS + SEEN if ignored(name)] == []
    assert [name for name in IGNORED if not ignored(name)] == []


def test_git_ignores_every_output_that_dvc_caches() -> None:
    """Else DVC adds a .gitignore of its own beside each."""
    dag = YAML(typ="safe", pure=True).load(PROJECT / "dvc.yaml")["stages"]
    outs = [out for body in dag.values() for out in body.get("do", body).get("outs", [])]
    names = {"${key}": "stackdocs"}
    written = [out if isinstance(out, str) else next(iter(out)) for out in outs]
    paths = [out.replace("${key}", names["${key}"]) for out in written]
    command = ["git", "check-ignore", "--no-index", *(path if Path(path).suffix else f"{path}/" for path in paths)]
    found = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False).stdout.split()
    assert {path.rstrip("/") for path in found} == set(paths)
