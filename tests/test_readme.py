"""README.md: its commands exist, and its generated parts are those of the run and the DAG in git."""

import json
import re
import subprocess
from pathlib import Path

from ruamel.yaml import YAML

from pipeline.reporting.readme import replace_part, results_table, stage_table

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_make_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for document in ("README.md", "CONTRIBUTING.md"):
        named = set(re.findall(r"`?make ([a-z]+[a-z-]*)`?", (ROOT / document).read_text(encoding="utf-8")))
        assert named & targets, document
        assert {name for name in named if name in ("repro", "test", "test-fast", "lint", "readme")} <= targets


def test_ci_runs_the_readme_test_command() -> None:
    assert "make test" in README
    assert "make test" in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_files_that_are_named_exist() -> None:
    for name in re.findall(r"`((?:pipeline|stages|profiles|docs)/[\w./-]*)`", README):
        assert (ROOT / name).exists(), name


def test_the_first_command_stands_near_the_top() -> None:
    assert README.splitlines().index("```") < 40


def test_results_are_those_of_the_reports_in_git() -> None:
    # Not of the work tree: `make repro` on another processor ends with other last digits, and that is no mistake.
    reports = [json.loads(in_git(f"reports/{name}.json")) for name in ("class_weights", "fusion", "hidden")]
    readme = in_git("README.md")
    assert replace_part(readme, "results", results_table(*reports)) == readme, "run `make readme`, and `git add` both"


def test_the_table_of_stages_is_that_of_the_dag() -> None:
    dag = YAML(typ="safe", pure=True).load(ROOT / "dvc.yaml")
    assert replace_part(README, "stages", stage_table(dag)) == README, "run `make readme`"


def in_git(path: str) -> str:
    """A file as the next commit would have it."""
    command = ["git", "show", f":{path}"]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
