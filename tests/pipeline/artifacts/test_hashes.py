import hashlib
import shutil
from pathlib import Path

import pytest

from pipeline import registry
from pipeline.artifacts import hashes
from pipeline.artifacts.hashes import PLUMBING, hash_file, hash_path, is_plumbing, source_hashes
from pipeline.errors import UserError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def in_tree(tmp_path, monkeypatch):
    """Write modules of a small project of its own, in which hashes are then taken."""
    monkeypatch.setattr(hashes, "ROOT", tmp_path)
    monkeypatch.setattr(registry, "ROOT", tmp_path)

    def write(**sources):
        for module, source in sources.items():
            path = tmp_path / f"{module.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
            for folder in path.relative_to(tmp_path).parents:
                (tmp_path / folder / "__init__.py").touch()
        return tmp_path

    return write


def reached(*modules):
    """What is reached, without the packages' own files."""
    return [name for name in source_hashes(modules) if (hashes.ROOT / f"{name.replace('.', '/')}.py").exists()]


# ── Files and folders ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_has_the_sha256_of_its_bytes(tmp_path):
    (tmp_path / "x").write_bytes(b"conclave")
    assert hash_file(tmp_path / "x") == hashlib.sha256(b"conclave").hexdigest() == hash_path(tmp_path / "x")


def test_a_folder_is_its_names_and_contents(tmp_path):
    def folder(name, **files):
        for file, content in files.items():
            path = tmp_path / name / file.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return hash_path(tmp_path / name)

    first = folder("first", b="2", a="1", deep__c="3")
    assert folder("copy", deep__c="3", a="1", b="2") == first
    others = [
        folder("n", b="2", A="1", deep__c="3"),
        folder("c", b="2", a="!", deep__c="3"),
        folder("m", b="2c", a="1"),
    ]
    assert len({first, *others, folder("f", b="2", a="1", c="3")}) == 5


def test_nothing_has_no_hash(tmp_path):
    with pytest.raises(UserError, match=r"tiny-bert: not found"):
        hash_path(tmp_path / "tiny-bert")


# ── Sources ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_imports_are_followed_through_every_form(in_tree):
    in_tree(
        stages__s="import os\nimport pipeline.a\ndef main():\n    from pipeline import b\n    import pipeline.c as c",
        pipeline__a="from pipeline.deep.d import value",
        pipeline__b="if True:\n    from pipeline.deep import e, nothing\n",
        pipeline__c="class C:\n    def f(self):\n        from pipeline.deep.f import *\n",
        pipeline__deep__d="value = 1",
        pipeline__deep__e="import os",
        pipeline__deep__f="import pipeline.c  # and back again",
        pipeline__unused="",
        elsewhere="",
    )
    found = source_hashes(["stages.s"])
    assert list(found) == sorted(found)
    assert reached("stages.s") == [
        "pipeline.a",
        "pipeline.b",
        "pipeline.c",
        "pipeline.deep.d",
        "pipeline.deep.e",
        "pipeline.deep.f",
        "stages.s",
    ]


def test_the_packages_above_count_too(in_tree):
    root = in_tree(pipeline__models__nezha__model="", pipeline__losses__ce="import pipeline.models.nezha.model")
    names = ["pipeline.losses", "pipeline.losses.ce", "pipeline.models", "pipeline.models.nezha"]
    assert list(source_hashes(["pipeline.losses.ce"])) == [*names, "pipeline.models.nezha.model"]
    (root / "pipeline/models/nezha/__init__.py").write_text("import pipeline.hidden")
    in_tree(pipeline__hidden="")
    assert "pipeline.hidden" in source_hashes(["pipeline.losses.ce"]), "an __init__ imports as well"


def test_plumbing_is_left_out_with_all_that_it_imports(in_tree):
    in_tree(
        pipeline__member="import pipeline.artifacts.paths\nimport pipeline.config.load\nimport pipeline.errors",
        pipeline__artifacts__paths="import pipeline.only_here",
        pipeline__config__load="",
        pipeline__errors="",
        pipeline__only_here="",
    )
    assert list(source_hashes(["pipeline.member"])) == ["pipeline.member"]


def test_an_edit_changes_the_hashes_of_those_who_import(in_tree):
    root = in_tree(
        pipeline__ce="from pipeline.shared import f", pipeline__dice="", pipeline__shared="def f(): return 1"
    )
    before = {name: source_hashes([name]) for name in ("pipeline.ce", "pipeline.dice")}
    (root / "pipeline/shared.py").write_text("def f(): return 2")
    after = {name: source_hashes([name]) for name in ("pipeline.ce", "pipeline.dice")}
    assert after["pipeline.dice"] == before["pipeline.dice"]
    assert after["pipeline.ce"] != before["pipeline.ce"]
    assert after["pipeline.ce"]["pipeline.ce"] == before["pipeline.ce"]["pipeline.ce"]


@pytest.mark.parametrize("source", ["from . import b", "from .b import x"])
def test_a_relative_import_is_refused_rather_than_missed(in_tree, source):
    in_tree(pipeline__a=f"\n{source}", pipeline__b="")
    with pytest.raises(ValueError, match=r"pipeline\.a: a relative import in line 2"):
        source_hashes(["pipeline.a"])


def test_hashes_are_those_of_the_files(in_tree):
    root = in_tree(pipeline__a="x = 1")
    assert source_hashes(["pipeline.a"]) == {"pipeline.a": hash_file(root / "pipeline/a.py")}


# ── The project itself ──────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_transformer_runs():
    found = source_hashes(["stages.finetune", "pipeline.members.neural", "pipeline.losses.dice"])
    for module in ("pipeline.training.loop", "pipeline.models.nezha.attention", "pipeline.runtime.torch_setup"):
        assert module in found
    for module in ("pipeline.losses.focal", "pipeline.members.linear", "pipeline.reporting.html", "pipeline.registry"):
        assert module not in found


def test_an_edit_in_a_copy_of_the_project(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "pipeline", tmp_path / "pipeline", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(hashes, "ROOT", tmp_path)
    monkeypatch.setattr(registry, "ROOT", tmp_path)
    members = ("pipeline.members.neural", "pipeline.members.linear")
    before = {name: source_hashes([name]) for name in members}
    for file in ("members/fold.py", "training/loop.py", "reporting/html.py", "artifacts/logits.py"):
        with (tmp_path / "pipeline" / file).open("a") as opened:
            opened.write("\n# edited\n")
    changed = {
        name: [module for module, value in source_hashes([name]).items() if before[name][module] != value]
        for name in members
    }
    assert changed == {
        "pipeline.members.neural": ["pipeline.members.fold", "pipeline.training.loop"],
        "pipeline.members.linear": ["pipeline.members.fold"],
    }


def test_plumbing_names_what_exists():
    assert all(registry.source_path(module).exists() for module in PLUMBING)


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("pipeline", True),
        ("pipeline.artifacts.logits", True),
        ("pipeline.errors", True),
        ("pipeline.runtime", False),
        ("pipeline.runtime.torch_setup", False),
        ("pipeline.configuration", False),
        ("stages.finetune", False),
    ],
)
def test_what_is_plumbing(module, expected):
    assert is_plumbing(module) == expected
