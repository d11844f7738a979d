"""The rerun rules, on the real DAG at toy size."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

sys.path.insert(0, str(Path(__file__).parent))
from dag_workspace import PROJECT, Workspace, commit, environment, tree_hashes

pytestmark = pytest.mark.dag

TRAINING = ("pretrain", "align_vocab", "post_train", "train_vectors", "finetune")
EDITED = "    schedule = "  # a line of train_classifier
FROM_FUSE = ["fuse", "search_weights", "submit", "report"]


def trained(stages: list[str]) -> list[str]:
    return [stage for stage in stages if stage.startswith(TRAINING)]


def test_a_second_run_runs_nothing(workspace: Workspace) -> None:
    assert workspace.repro() == []
    assert workspace.run("git", "status", "--porcelain") == ""


def test_plain_dvc_repro_runs_nothing_more(workspace: Workspace) -> None:
    assert workspace.repro("--quiet") == []
    assert workspace.run("dvc", "status").strip().endswith("up to date.")


def test_metrics_and_plots_say_something(workspace: Workspace, tmp_path: Path) -> None:
    metrics = workspace.run("dvc", "metrics", "show")
    assert "chosen.nested" in metrics
    assert "class_weights.json" in metrics
    assert "file://" in workspace.run("dvc", "plots", "show", "-o", str(tmp_path / "plots"))


def test_a_members_edit_trains_that_member_alone(workspace: Workspace) -> None:
    workspace.edit("params.yaml", "  bert-ce:\n    kind: neural\n", "  bert-ce:\n    kind: neural\n    clip: 0.5\n")
    ran = workspace.repro()
    assert ran[:3] == ["plan", "finetune@bert-ce", "predict@bert-ce"]
    assert trained(ran) == ["finetune@bert-ce"]
    assert "fuse" in ran


def test_a_new_loss_is_a_class_a_line_and_its_defaults(workspace: Workspace) -> None:
    """In a file that another member's loss may stand in: nobody trains but who names it."""
    file = workspace.root / "pipeline/losses/row_losses.py"
    source = file.read_text(encoding="utf-8")
    other = source[source.index("class FocalLoss") :].replace("FocalLoss", "OtherLoss")
    with file.open("a", encoding="utf-8") as file:
        file.write(f"\n\n{other}")
    workspace.edit(
        "pipeline/registry.py",
        '    "losses": {\n',
        '    "losses": {\n        "other": "pipeline.losses.row_losses:OtherLoss",\n',
    )
    workspace.edit(
        "pipeline/config/defaults.yaml",
        "    focal: {gamma: 1.0}\n",
        "    focal: {gamma: 1.0}\n    other: {gamma: 2.0}\n",
    )
    assert workspace.repro() == ["plan"]
    workspace.edit("params.yaml", "  bert-ce:\n    kind: neural\n", "  bert-ce:\n    kind: neural\n    loss: other\n")
    ran = workspace.repro()
    assert ran[:3] == ["plan", "finetune@bert-ce", "predict@bert-ce"]
    assert trained(ran) == ["finetune@bert-ce"]


def test_the_kind_that_the_documentation_writes_takes_part(workspace: Workspace) -> None:
    """A folder, a line and a member, as docs/members.md has them; the kind keeps to what all kinds keep to."""
    page = (PROJECT / "docs/members.md").read_text(encoding="utf-8")
    for path, code in re.findall(r"<!-- file: (\S+) -->\n```python\n(.*?)```", page, flags=re.DOTALL):
        (workspace.root / path).parent.mkdir(exist_ok=True)
        (workspace.root / path).write_text(code, encoding="utf-8")
    line = page.split("<!-- registry -->\n```python\n")[1].split("```")[0]
    member = page.split("<!-- member -->\n```yaml\n")[1].split("```")[0]
    workspace.edit("pipeline/registry.py", '    "kinds": {\n', f'    "kinds": {{\n{line}')
    workspace.edit("params.yaml", "\nmembers:\n", f"\nmembers:\n{member}")
    ran = workspace.repro()
    assert trained(ran) == ["finetune@tfidf-nearest"]
    assert "predict@tfidf-nearest" in ran
    assert "tfidf-nearest" in json.loads((workspace.root / "reports/fusion.json").read_text())["members"]
    said = workspace.run(sys.executable, "-m", "stages.ask", "--text", "a matrix of eigenvalues")
    assert "tfidf-nearest" in json.JSONDecoder().raw_decode(said)[0]["votes"]  # before what it says of loading
    for name in ("tests/conftest.py", "tests/pipeline/members/test_contract.py"):
        (workspace.root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PROJECT / name, workspace.root / name)
    contract = "tests/pipeline/members/test_contract.py"
    said = workspace.run(sys.executable, "-m", "pytest", contract, "-k", "nearest", "-p", "no:cacheprovider")
    assert re.search(r"^1\d passed", said, flags=re.MULTILINE), said


def test_a_fusion_param_reruns_from_fuse(workspace: Workspace) -> None:
    workspace.edit("params.yaml", "rules: [vote_first, ", "rules: [")
    ran = workspace.repro()
    assert ran[:2] == ["plan", "fuse"]
    assert set(ran[1:]) <= set(FROM_FUSE)


def test_an_edit_of_the_report_reruns_the_report_alone(workspace: Workspace) -> None:
    with (workspace.root / "pipeline/reporting/formats.py").open("a", encoding="utf-8") as file:
        file.write("\n# a comment\n")
    assert workspace.repro() == ["plan"]
    workspace.edit("pipeline/reporting/headline.py", "    lines = [", "    _ = 0\n    lines = [")
    assert workspace.repro() == ["plan", "report"]
    workspace.edit("pipeline/reporting/templates/index.html.j2", "<title>", "<title>* ")
    assert workspace.repro() == ["plan", "report"]


def test_the_plan_says_why_a_stage_would_run_again(workspace: Workspace) -> None:
    why = (sys.executable, "-m", "stages.plan", "--why", "finetune@bert-ce")
    assert "finetune@bert-ce: same settings and code as when it last ran" in workspace.run(*why)
    workspace.edit("params.yaml", "  bert-ce:\n    kind: neural\n", "  bert-ce:\n    kind: neural\n    clip: 0.5\n")
    workspace.edit("pipeline/training/loop.py", EDITED, f"    _ = 0\n{EDITED}")
    changes = ["members.bert-ce.clip: 1.0 → 0.5", "code train_classifier: edited"]
    said = "\n  ".join(["finetune@bert-ce: changed since it last ran:", *changes]) + "\n"
    assert workspace.run(*why) == said
    assert workspace.repro("plan") == ["plan"]
    assert workspace.run(*why) == said, "the plan of that run is in DVC's cache"


def test_code_that_was_edited_after_the_plan_is_refused(workspace: Workspace) -> None:
    """As it may be while an earlier stage runs; here DVC is told to leave out the plan."""
    before = tree_hashes(workspace.root / "models")
    workspace.edit("pipeline/training/loop.py", EDITED, f"    _ = 0\n{EDITED}")
    done = subprocess.run(
        ["dvc", "repro", "--force", "--single-item", "finetune@bert-ce"],
        cwd=workspace.root, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    refusal = (
        "error: finetune@bert-ce: the code was edited after the plan was made (train_classifier), so what it makes"
    )
    assert refusal in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    workspace.edit("pipeline/training/loop.py", f"    _ = 0\n{EDITED}", EDITED)
    assert workspace.repro() == []
    assert tree_hashes(workspace.root / "models") == before


def test_an_edit_that_the_plan_missed_is_found_by_make_repro(workspace: Workspace, tmp_path: Path) -> None:
    """An edit in the moment between the plan's end and DVC's look at what it depends on."""
    plan = workspace.root / "models/plan"
    shutil.copytree(plan, tmp_path / "before")
    workspace.edit("params.yaml", "  bert-ce:\n    kind: neural\n", "  bert-ce:\n    kind: neural\n    clip: 0.25\n")
    workspace.repro("plan")
    shutil.copytree(tmp_path / "before", plan, dirs_exist_ok=True)
    workspace.run("dvc", "commit", "--force", "plan")
    assert workspace.repro() == [], "DVC knows nothing of it"
    output = workspace.run(sys.executable, "-m", "tools.repro")
    assert "Running stage 'finetune@bert-ce'" in output
    assert tree_hashes(plan) != tree_hashes(tmp_path / "before")
    assert "Running stage" not in workspace.run(sys.executable, "-m", "tools.repro")


def test_sections_that_params_lack_break_nothing(workspace: Workspace) -> None:
    for section in ("unlabelled", "hub", "augment"):
        workspace.edit("params.yaml", f"\n{section}: {{}}\n", "\n")
    assert "params.yaml" in workspace.run("dvc", "status")
    assert workspace.repro() == ["plan"]
    assert workspace.run("dvc", "status").strip().endswith("up to date.")
    assert "members.bert-ce.kind" in workspace.run("dvc", "params", "diff", "--all", "--json")


def test_board_b_trains_nothing(workspace: Workspace) -> None:
    own = workspace.root / "data/raw/own"
    shutil.copytree(workspace.root / "data/raw/stackdocs", own)
    workspace.edit("params.yaml", "competition: stackdocs", "competition: own")
    assert trained(workspace.repro()) == []

    header, *rows = (own / "test.csv").read_text(encoding="utf-8").splitlines()
    board_b = [f"b{row}" for row in rows[:20]]
    (own / "test_b.csv").write_text("\n".join([header, *board_b]) + "\n", encoding="utf-8")
    workspace.edit("params.yaml", "  test: test.csv", "  test: test_b.csv")
    workspace.edit("params.yaml", "sample_submission: sample_submission.csv", "sample_submission: null")
    workspace.edit("params.yaml", "answer_key: answer_key", "answer_key: null")
    ran = workspace.repro()
    assert trained(ran) == []
    assert {"predict@bert-ce", "predict@nezha-dice", "predict@tfidf-svm"} <= set(ran)
    submission = (workspace.root / "reports/submission.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in submission[1:]] == [row.split(",")[0] for row in board_b]


def test_a_dropped_member_leaves_a_clone_clean(workspace: Workspace, tmp_path: Path) -> None:
    workspace.edit("params.yaml", "  nezha-dice:\n    kind: neural\n", "  gone:\n    kind: neural\n")
    text = (workspace.root / "params.yaml").read_text(encoding="utf-8")
    start, end = text.index("  gone:\n"), text.index("  tfidf-svm:\n")
    (workspace.root / "params.yaml").write_text(text[:start] + text[end:], encoding="utf-8")
    assert "models/members/nezha-dice" in workspace.run(sys.executable, "-m", "tools.prune")
    assert trained(workspace.repro()) == []
    commit(workspace)

    workspace.run("git", "clone", "--quiet", str(workspace.root), str(tmp_path / "clone"))
    clone = Workspace(tmp_path / "clone")
    shutil.copyfile(workspace.root / ".dvc/config.local", clone.root / ".dvc/config.local")
    clone.run("dvc", "checkout", "--quiet")
    assert clone.run("dvc", "status", "report").strip().endswith("up to date.")
    assert clone.repro() == []


def test_deleted_outputs_come_back_from_the_cache(workspace: Workspace) -> None:
    before = tree_hashes(workspace.root)
    for name in ("data/raw/stackdocs", "data/plain", "data/prepared", "models"):
        shutil.rmtree(workspace.root / name)
    for name in ("data/folds.parquet", "reports/submission.csv", "reports/index.html"):
        (workspace.root / name).unlink()
    assert workspace.repro() == ["plan"], "which is made rather than trusted"
    assert tree_hashes(workspace.root) == before


def test_a_killed_finetune_keeps_its_finished_folds(workspace: Workspace) -> None:
    shutil.rmtree(workspace.root / "models/members/bert-ce")
    process = subprocess.Popen(
        [sys.executable, "-m", "stages.finetune", "bert-ce"],
        cwd=workspace.root, env=environment(), stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("bert-ce fold 1: macro-F1"):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (workspace.root / "models/members/bert-ce").exists()

    before = tree_hashes(workspace.root / "models/oof_logits/1/bert-ce")
    output = workspace.run(sys.executable, "-m", "stages.finetune", "bert-ce")
    assert "fold 0: finished before, kept" in output
    assert "fold 1: finished before, kept" in output
    assert "fold 0: macro-F1" not in output
    assert "fold 2: macro-F1" in output
    assert tree_hashes(workspace.root / "models/oof_logits/1/bert-ce") == before


def test_folds_side_by_side_give_the_same_bytes(workspace: Workspace) -> None:
    before = tree_hashes(workspace.root / "models/members/nezha-dice")
    shutil.rmtree(workspace.root / "models/members/nezha-dice")
    output = workspace.run(sys.executable, "-m", "stages.finetune", "nezha-dice", CONCLAVE_DEVICES="cpu,cpu")
    assert output.count("macro-F1") == 3
    assert tree_hashes(workspace.root / "models/members/nezha-dice") == before


def test_another_clone_without_the_answer_key_gives_the_same_bytes(finished: Workspace, tmp_path: Path) -> None:
    """From scratch in a second clone with a cache of its own; and no stage but the report looks at the key."""
    finished.run("git", "clone", "--quiet", str(finished.root), str(tmp_path / "project"))
    other = Workspace(tmp_path / "project")
    other.run("dvc", "cache", "dir", "--local", str(tmp_path / "cache"))
    other.repro("collect@stackdocs")
    shutil.rmtree(other.root / "data/raw/stackdocs/answer_key")
    yaml, file = YAML(), other.root / "params.yaml"
    params = yaml.load(file.read_text(encoding="utf-8"))
    params["embedded"] = {}  # or it would be collected again
    with file.open("w", encoding="utf-8") as stream:
        yaml.dump(params, stream)
    assert "finetune@bert-ce" in other.repro()
    shutil.rmtree(other.root / "models/plan")  # which has no entry for what is not collected
    models = [f"models/{path.name}" for path in (other.root / "models").iterdir()]
    for name in ("data/prepared", "data/folds.parquet", "reports/submission.csv", "reports/manifest.json", *models):
        assert tree_hashes(other.root / name) == tree_hashes(finished.root / name), name
    assert '"submission": null' in (other.root / "reports/hidden.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("size", [0, 10_000])
def test_a_lock_file_that_a_kill_has_cut_is_restored(workspace: Workspace, size: int) -> None:
    lock = workspace.root / "dvc.lock"
    whole = lock.read_bytes()
    lock.write_bytes(whole[:size])
    output = workspace.run(sys.executable, "-m", "tools.mend")
    assert output == (
        "dvc.lock: cut off by a kill; restored from the last commit, what ran since comes from DVC's run-cache\n"
    )
    assert workspace.repro() == []
    assert lock.read_bytes() == whole


def test_an_older_lock_file_goes_on_from_the_run_cache(workspace: Workspace) -> None:
    """A kill in the first run of a project: nothing is committed yet."""
    before = tree_hashes(workspace.root)
    (workspace.root / "dvc.lock").write_bytes(b"")
    workspace.run("git", "rm", "--cached", "--quiet", "dvc.lock")
    commit_index(workspace)
    assert "and no earlier one is to be had; removed" in workspace.run(sys.executable, "-m", "tools.mend")
    assert workspace.repro() == ["plan"]
    assert tree_hashes(workspace.root) == before


def commit_index(workspace: Workspace) -> None:
    workspace.run("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "x")


@pytest.mark.parametrize("name", ["models", "models/members", "data/prepared", "reports"])
def test_a_folder_on_another_disk_is_refused_before_anything_runs(
    workspace: Workspace, tmp_path: Path, name: str
) -> None:
    shutil.move(workspace.root / name, tmp_path / "disk")
    (workspace.root / name).symlink_to(tmp_path / "disk")
    done = subprocess.run(
        ["dvc", "repro", "-f", "-s", "prepare"],
        cwd=workspace.root, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    output = done.stdout + done.stderr
    assert f"error: {name}: a symbolic link to {tmp_path / 'disk'}, behind which DVC keeps nothing. Put" in output
    assert "Traceback" not in output


def test_a_cache_on_another_disk_may_be_linked_to(workspace: Workspace) -> None:
    """What the refusal advises; the cache lies outside of the workspace here."""
    workspace.run("dvc", "config", "--local", "cache.type", "symlink")
    shutil.rmtree(workspace.root / "models/members/tfidf-svm")
    workspace.run("dvc", "repro", "-f", "-s", "finetune@tfidf-svm")
    workspace.run("dvc", "repro", "-f", "-s", "predict@tfidf-svm")
    assert (workspace.root / "models/members/tfidf-svm/fold-0/linear.npz").is_symlink()
    assert workspace.repro() == []
