"""README.md: its commands exist, and its generated parts are those of the last run."""

import re
from pathlib import Path

from ruamel.yaml import YAML

from pipeline.artifacts.atomic import read_json
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


def test_generated_parts_are_up_to_date() -> None:
    dag = YAML(typ="safe", pure=True).load(ROOT / "dvc.yaml")
    reports = [read_json(ROOT / "reports" / f"{name}.json") for name in ("class_weights", "fusion", "hidden")]
    expected = replace_part(replace_part(README, "results", results_table(*reports)), "stages", stage_table(dag))
    assert expected == README, "run `make readme`"
