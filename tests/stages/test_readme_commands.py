"""Every command of README.md, run as it stands there, on the real DAG at toy size."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from dag_workspace import PROJECT, Workspace, commit, new_workspace, tree_hashes
from test_profiles import write_daguan

pytestmark = pytest.mark.dag

README = (PROJECT / "README.md").read_text(encoding="utf-8")
RUN_HERE = {
    "dvc metrics show",
    "dvc plots show",
    "dvc exp run report -S members.nezha-dice.loss=focal",
    "dvc exp show",
    "dvc repro plan",
    "dvc commit -f finetune",
    "dvc add data/raw/<competition>",
    "dvc remote add -d team <where>",
    "dvc push",
    "dvc pull",
    "dvc cache dir --local <where>",
    "make repro",
    "python -m stages.finetune bert-ce --fold 1",
    "python -m stages.finetune --all",
    "python -m stages.plan --why finetune@bert-ce",
    "python -m stages.plan --show members.bert-ce",
    'python -m stages.ask --text "…"',
    "python -m stages.submit --record A 0.5832",
}
# By CI, which runs this very test; and in short by tests/stages/test_chaos.py.
RUN_ELSEWHERE = {"make test", "make chaos"}
MAKE_REPRO = ("make", "--old-file=.venv/.installed", "repro")  # what is to be installed is what runs this test


def test_every_command_of_the_readme_is_run_here() -> None:
    code = re.findall(r"`((?:make|dvc|python) [^`]+)`", README)
    block = [line.partition("#")[0].strip() for line in README.splitlines() if line.startswith(("make ", "dvc "))]
    named = {command for command in [*code, *block] if command != "dvc repro"}  # a name for it all, not an instruction
    assert named == RUN_HERE | RUN_ELSEWHERE


def test_make_repro_prints_the_scores(workspace: Workspace) -> None:
    link_environment(workspace)
    output = workspace.run(*MAKE_REPRO)
    assert "Running stage" not in output
    for line in ("submission  reports/submission.csv", "report      reports/index.html", "chosen ", "hidden test "):
        assert f"\n{line}" in output


def test_a_stage_runs_alone(workspace: Workspace) -> None:
    before = tree_hashes(workspace.root / "models")
    output = workspace.run("python", "-m", "stages.finetune", "bert-ce", "--fold", "1")
    assert "bert-ce fold 1: macro-F1" in output
    assert "fold 0" not in output
    assert tree_hashes(workspace.root / "models") == before


def test_all_members_are_trained_at_once_and_then_published(workspace: Workspace) -> None:
    workspace.edit(
        "params.yaml", "  tfidf-svm:", "  svm-2:\n    kind: linear\n    from: models/vectors/tfidf\n  tfidf-svm:"
    )
    workspace.repro("gather")
    output = workspace.run("python", "-m", "stages.finetune", "--all")
    assert re.findall(r"^(\S+) fold \d+: macro-F1", output, re.MULTILINE) == ["svm-2"] * 3
    said = workspace.run("dvc", "repro", "finetune@svm-2")
    assert said.count("finished before, kept") == 3
    assert "macro-F1" not in said


def test_the_finished_ensemble_answers(finished: Workspace) -> None:
    output = finished.run("python", "-m", "stages.ask", "--text", "how do I plot two arrays")
    answer = json.loads(output[output.index("{") : output.rindex("}") + 1])
    assert answer.keys() == {"label", "probabilities", "votes"}
    assert set(answer["votes"]) == {"bert-ce", "nezha-dice", "tfidf-svm"}


def test_the_plan_explains_itself(finished: Workspace) -> None:
    why = finished.run("python", "-m", "stages.plan", "--why", "finetune@bert-ce")
    assert why.startswith("finetune@bert-ce: same settings and code as when it last ran")
    shown = finished.run("python", "-m", "stages.plan", "--show", "members.bert-ce")
    assert shown.startswith("members.bert-ce:\n  kind: neural\n")
    assert "  weight_decay: " in shown


def test_a_boards_score_is_noted(workspace: Workspace) -> None:
    before = tree_hashes(workspace.root / "models")
    output = workspace.run("python", "-m", "stages.submit", "--record", "A", "0.5832")
    assert "reports/ledger.csv: " in output
    *_, entry = (workspace.root / "reports/ledger.csv").read_text(encoding="utf-8").splitlines()
    assert entry.split(",")[1:3] == ["A", "0.5832"]
    assert tree_hashes(workspace.root / "models") == before


def test_every_stage_says_what_it_takes(finished: Workspace) -> None:
    for file in sorted((PROJECT / "stages").glob("[a-z]*.py")):
        assert "Usage" in finished.run("python", "-m", f"stages.{file.stem}", "--help")


def test_an_experiment_is_run_and_shown(workspace: Workspace) -> None:
    options = ("-S", "members.nezha-dice.loss=focal", "-S", "+members.nezha-dice.clip=0.5")
    ran = stages_run(workspace.run("dvc", "exp", "run", "report", *options, "--name", "focal"))
    assert ran[:3] == ["plan", "finetune@nezha-dice", "predict@nezha-dice"]
    assert "finetune@bert-ce" not in ran
    table = workspace.run("dvc", "exp", "show", "--csv")
    assert "focal" in table
    assert "chosen.nested" in table


def test_a_commit_keeps_results_after_an_edit_of_shared_code(workspace: Workspace) -> None:
    workspace.edit("pipeline/training/loop.py", "    schedule = ", "    _ = 0\n    schedule = ")
    workspace.repro("plan")
    workspace.run("dvc", "commit", "-f", "finetune")
    assert not [stage for stage in workspace.repro() if stage.startswith("finetune")]


def test_work_is_shared_through_a_remote(workspace: Workspace, tmp_path: Path) -> None:
    """A team mate's clone with an empty cache takes everything over and runs nothing."""
    workspace.run("dvc", "remote", "add", "-d", "team", str(tmp_path / "remote"))
    workspace.run("dvc", "push")
    commit(workspace)
    mate = clone(workspace, tmp_path / "mate")
    mate.run("dvc", "cache", "dir", "--local", str(tmp_path / "mates-cache"))
    mate.run("dvc", "pull")
    assert mate.repro() == []
    assert tree_hashes(mate.root / "models") == tree_hashes(workspace.root / "models")


def test_work_is_shared_through_a_cache(workspace: Workspace, tmp_path: Path) -> None:
    """A clone with the same cache takes over even what no lock file in git tells of."""
    other = clone(workspace, tmp_path / "other")
    shutil.copyfile(workspace.root / ".dvc/config.local", other.root / ".dvc/config.local")
    (other.root / "dvc.lock").unlink()
    assert other.repro() == ["plan"]


def test_your_competition_in_five_minutes(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path / "project", tmp_path / "cache")
    link_environment(workspace)
    folder = workspace.root / "data/raw/daguan"
    folder.mkdir(parents=True)
    test_ids = write_daguan(folder)
    workspace.run("dvc", "add", "data/raw/daguan")
    shutil.copyfile(workspace.root / "profiles/daguan-cpu.yaml", workspace.root / "params.yaml")
    workspace.edit("params.yaml", "toy: false", "toy: true")
    workspace.edit("params.yaml", "\nscratch:\n", "\nfolds: {n_folds: 3}\n\nscratch:\n")

    output = workspace.run(*MAKE_REPRO)

    assert "submission  reports/submission.csv" in output
    submission = (workspace.root / "reports/submission.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in submission[1:]] == test_ids
    assert "data/raw/daguan/train.csv" not in workspace.run("git", "status", "--porcelain", "--untracked-files=all")
    assert "Running stage" not in workspace.run(*MAKE_REPRO)


def clone(workspace: Workspace, folder: Path) -> Workspace:
    workspace.run("git", "clone", "--quiet", str(workspace.root), str(folder))
    return Workspace(folder)


def stages_run(output: str) -> list[str]:
    return re.findall(r"^Running stage '([^']+)'", output, re.MULTILINE)


def link_environment(workspace: Workspace) -> None:
    """Let the Makefile find the environment that runs this test."""
    (workspace.root / ".venv").symlink_to(sys.prefix)
