"""dvc.yaml, dvc.lock and params.yaml held against the stages and their plan."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pipeline.artifacts.atomic import to_json
from pipeline.artifacts.hashes import hash_path
from pipeline.artifacts.paths import PARAMS, plan_file
from pipeline.config import load_params
from pipeline.plan.entries import STAGES, list_entries, make_entry
from pipeline.steps import collect

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "dvc.yaml").read_text(encoding="utf-8")
FILE: dict[str, Any] = YAML(typ="safe", pure=True).load(TEXT)
DAG: dict[str, Any] = FILE["stages"]
OUTPUTS = {"outs", "metrics", "plots"}
# Of data/raw/stackdocs and data/plain/stackdocs.txt, as the packages of requirements.lock give them.
EMBEDDED = {
    "data/raw/stackdocs": "54738d384391716103777be4cd293fc6366c265ac64cbf454e6f100a7efc2690",
    "data/plain/stackdocs.txt": "f97639fe8761f7277fc59168b2f5b8c272fb89999246e587cf6ceb49ffb304c8",
}


def body(stage: str) -> dict[str, Any]:
    found: dict[str, Any] = DAG[stage].get("do", DAG[stage])
    return found


def test_every_stage_has_a_module_and_a_plan() -> None:
    modules = {path.stem for path in (ROOT / "stages").glob("*.py")} - {"__init__", "ask"}  # which is run by hand
    assert modules == set(DAG) == {"plan", *STAGES}
    assert list(DAG)[1:] == list(STAGES), "the same order"


@pytest.mark.parametrize("stage", DAG)
def test_a_stage_says_what_it_does_and_depends_on_data_and_its_plan(stage: str) -> None:
    written = body(stage)
    assert [key for key in written if key not in OUTPUTS] == ["desc", "cmd", "deps"]
    assert written["desc"].endswith(".")
    keyed = "foreach" in DAG[stage]
    assert written["cmd"] == f"python -m stages.{stage}" + (" ${key}" if keyed else "")
    if stage == "plan":
        assert written["deps"] == ["params.yaml", "pipeline", "stages"]
        return
    assert written["deps"][0] == plan_file(stage, "${key}" if keyed else None).as_posix()
    assert not [dep for dep in written["deps"] if dep.startswith(("pipeline", "stages", "params"))]
    assert DAG[stage].get("foreach", "").strip("${}") == (STAGES[stage].section or "")


def test_the_file_is_in_block_style() -> None:
    assert not [line for line in TEXT.splitlines() if line.rstrip().endswith(("}", "]")) and ": {" in line + ": ["]
    assert FILE["params"] == ["params.yaml"]


def test_sections_that_params_lack_are_empty() -> None:
    (file,) = FILE["vars"]
    sections = YAML(typ="safe", pure=True).load(ROOT / file)
    assert sections == {stage.section: {} for stage in STAGES.values() if stage.section}


def test_the_lock_records_the_plan_as_the_code_gives_it() -> None:
    """An edit that changes what a stage runs has to come with the dvc.lock of a run, or every clone runs it again."""
    params = load_params(ROOT / PARAMS)
    locked = YAML(typ="safe", pure=True).load(ROOT / "dvc.lock")["stages"]
    stale = []
    for entry in list_entries(params):
        deps = {dep["path"]: dep["md5"] for dep in locked[entry.name]["deps"]}
        content = to_json(entry.content()).encode()
        if (
            deps[plan_file(entry.stage, entry.key).as_posix()]
            != hashlib.md5(content, usedforsecurity=False).hexdigest()
        ):
            stale.append(entry.name)
    assert stale == [], "run `make repro` and commit dvc.lock"
    assert {name.partition("@")[0] for name in locked} <= set(DAG)


def test_the_embedded_competition_is_the_one_that_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made of the docstrings of locked packages: another version of one is another competition."""
    monkeypatch.chdir(tmp_path)
    collect.run(make_entry(load_params(ROOT / PARAMS), "collect", "stackdocs"))
    assert {path: hash_path(Path(path)) for path in EMBEDDED} == EMBEDDED
