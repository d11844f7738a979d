"""What dvc.yaml declares, held against what each stage's code really imports and reads."""

import ast
from pathlib import Path
from typing import Any

import grimp
import pytest
from ruamel.yaml import YAML

from pipeline import registry
from pipeline.config import Params
from pipeline.config.defaults import FAMILIES as WITH_DEFAULTS

ROOT = Path(__file__).parents[2]
# Code that carries values but computes none: dvc.yaml does not name it.
PLUMBING = (
    "pipeline",
    "pipeline.artifacts",
    "pipeline.config",
    "pipeline.errors",
    "pipeline.plan",
    "pipeline.registry",
    "pipeline.runtime.cli",
    "pipeline.runtime.compiled",
    "pipeline.runtime.cores",
    "pipeline.runtime.devices",
    "pipeline.runtime.memory",
    "pipeline.runtime.messages",
    "pipeline.runtime.parent",
    "pipeline.runtime.progress",
    "pipeline.runtime.scratch",
    "stages",
)
DAG: dict[str, Any] = YAML(typ="safe", pure=True).load(ROOT / "dvc.yaml")["stages"]
# Whose code is a dependency through models/recipes/<member>.json.
BY_RECIPE = {"finetune", "predict"}
# Registry families that a stage loads pieces of, which no import statement shows.
LOADS = {
    "prepare": ["cleaning"],
    "select_text": ["selection", "cleaning"],
    "align_vocab": ["alignment"],
    "pretrain": ["architectures", "masking"],
    "post_train": ["masking"],
    "train_vectors": ["vectors", "segmentation"],
    "augment": ["augmentation", "segmentation"],
    "lengths": ["segmentation"],
    "fuse": ["fusion", "class_weights"],
    "search_weights": ["class_weights"],
}
# What a stage reads with options that no command of the DAG gives: `predict --text`.
BY_HAND = {"predict": {"data", "fusion"}}
# Entries that are declared one by one, `encoders.${key}.align`, so that one encoder's edit leaves the others alone.
BY_ENTRY = {"unlabelled", "hub", "scratch", "encoders", "vectors", "augment", "members", "external"}


def is_plumbing(module: str) -> bool:
    """Whether a module is plumbing: named above, or inside a package that is (but for the two roots)."""
    return module in PLUMBING or any(module.startswith(f"{name}.") for name in PLUMBING if "." in name)


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("pipeline", "stages", include_external_packages=False, cache_dir=None)


def body(stage: str) -> dict[str, Any]:
    return DAG[stage].get("do", DAG[stage])


def imported_by(graph: grimp.ImportGraph, modules: list[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module in found or (is_plumbing(module) and module not in modules):
            continue
        found.add(module)
        waiting += graph.find_modules_directly_imported_by(module)
    return found


def covers(dep: str, module: str) -> bool:
    path = registry.source_path(module).relative_to(ROOT).as_posix()
    return path == dep or path.startswith(f"{dep}/")


def test_every_stage_has_a_module_and_a_sentence() -> None:
    by_hand = {"hold_out", "prune", "readme", "transfer"}
    modules = {path.stem for path in (ROOT / "stages").glob("*.py")} - {"__init__"} - by_hand
    assert modules == set(DAG)
    for stage in DAG:
        assert body(stage)["desc"].endswith("."), stage
        assert body(stage)["cmd"].startswith(f"python -m stages.{stage}"), stage


@pytest.mark.parametrize("stage", sorted(set(DAG) - BY_RECIPE - {"recipes"}))
def test_declared_code_covers_real_imports(stage: str, graph: grimp.ImportGraph) -> None:
    pieces = [registry.module_of(family, word) for family in LOADS.get(stage, []) for word in registry.words(family)]
    needed = imported_by(graph, [f"stages.{stage}", *pieces])
    docstrings_only = {
        module for module in needed if len(ast.parse(registry.source_path(module).read_text()).body) == 1
    }
    for module in sorted(needed - docstrings_only):
        if not is_plumbing(module) or module == f"stages.{stage}":
            assert any(covers(dep, module) for dep in body(stage)["deps"]), f"{stage} imports {module}"


@pytest.mark.parametrize("stage", sorted(set(DAG) - BY_RECIPE - {"recipes"}))
def test_declared_code_is_really_used(stage: str, graph: grimp.ImportGraph) -> None:
    pieces = [registry.module_of(family, word) for family in LOADS.get(stage, []) for word in registry.words(family)]
    needed = imported_by(graph, [f"stages.{stage}", *pieces])
    for dep in body(stage)["deps"]:
        if dep.startswith(("pipeline/", "stages/")):
            assert any(covers(dep, module) for module in needed), f"{stage} declares {dep}"


@pytest.mark.parametrize("stage", sorted(DAG))
def test_declared_params_are_those_that_are_read(stage: str) -> None:
    tree = ast.parse((ROOT / f"stages/{stage}.py").read_text(encoding="utf-8"))
    read: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "params":
            read.add(node.attr)
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Call)
            and "load_params" in ast.unparse(node.value)
        ):
            read.add(node.attr)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".entry"):
            read.add(ast.literal_eval(node.args[0]))
    read &= set(Params.model_fields)
    declared = {name.split(".")[0] for name in body(stage).get("params", [])}
    # A named entry whose `from` is all that is read is a dependency by path.
    by_path = {"external"} if stage == "import_logits" else set()
    read -= BY_HAND.get(stage, set())
    assert read - by_path <= declared | {"toy"}, f"{stage} reads what it does not declare"
    assert declared <= read | {"toy", "defaults"}, f"{stage} declares what it does not read"


# The segmenter that `lengths` loads was saved with its arguments.
@pytest.mark.parametrize(("stage", "families"), [item for item in LOADS.items() if item[0] != "lengths"])
def test_default_arguments_of_pieces_are_params(stage: str, families: list[str]) -> None:
    declared = body(stage)["params"]
    assert [f for f in families if f in WITH_DEFAULTS and f"defaults.{f}" not in declared] == []
