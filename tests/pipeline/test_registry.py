import ast
import importlib
import inspect
import subprocess
import sys

import pytest

from pipeline import registry
from pipeline.registry import FAMILIES, Argument, arguments, bases, module_of, source_path, words

PLACES = [(family, word) for family in FAMILIES for word in words(family)]
PIECES = [(family, word) for family, word in PLACES if ":" in FAMILIES[family][word]]


@pytest.mark.parametrize(("family", "word"), PLACES)
def test_every_place_exists(family, word):
    """Read from the source: importing them all would take torch."""
    module, _, name = FAMILIES[family][word].partition(":")
    tree = ast.parse(source_path(module).read_text(encoding="utf-8"))
    defined = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert not name or name in defined
    assert module_of(family, word) == module


@pytest.mark.parametrize(("family", "word"), [p for p in PIECES if p[0] in ("fusion", "cleaning")])
def test_arguments_are_those_of_the_imported_piece(family, word):
    keyword_only = [
        parameter
        for parameter in inspect.signature(registry.load(family, word)).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    ]
    assert [argument.name for argument in arguments(family, word)] == [parameter.name for parameter in keyword_only]


def test_a_place_without_a_name_is_a_module(monkeypatch):
    monkeypatch.setitem(FAMILIES["kinds"], "light", "pipeline.errors")
    assert registry.load("kinds", "light") is importlib.import_module("pipeline.errors")
    assert module_of("kinds", "light") == "pipeline.errors"


def test_arguments_of_a_class_and_of_a_function():
    assert arguments("losses", "dice") == (
        Argument("alpha", "NotNegative", True),
        Argument("smooth", "NotNegative", True),
        Argument("squared_denominator", "bool", True),
        Argument("hardest_share", "SomeOf", True),
    )
    assert [argument.name for argument in arguments("alignment", "identity")] == ["units"]
    assert arguments("poolers", "mean") == ()


@pytest.fixture
def own_piece(tmp_path, monkeypatch):
    """Register a piece whose source is given."""

    def register(source):
        (tmp_path / "own.py").write_text(source)
        monkeypatch.setattr(registry, "ROOT", tmp_path)
        monkeypatch.setitem(FAMILIES, "own", {"piece": "own:Piece"})
        arguments.cache_clear()

    yield register
    arguments.cache_clear()


def test_arguments_with_defaults_need_not_be_given(own_piece):
    own_piece(
        "class Piece:\n    x: int = 1\n    def __init__(self, a, *, b, c: float = 1.0, d: str | None = None): ..."
    )
    assert arguments("own", "piece") == (
        Argument("b", "Any", True),
        Argument("c", "float", False),
        Argument("d", "str | None", False),
    )


def test_a_class_without_a_constructor_takes_nothing(own_piece):
    own_piece("class Piece:\n    def forward(self, *, x): ...")
    assert arguments("own", "piece") == ()


def test_bases_are_those_that_the_class_names(own_piece):
    assert bases("losses", "dice") == ("BatchLoss",)
    assert bases("losses", "ce") == ("RowLoss",)
    assert bases("alignment", "identity") == (), "a function"
    own_piece("class Piece(nn.Module, Other): ...")
    assert bases("own", "piece") == ("nn.Module", "Other")
    own_piece("class Piece: ...")
    assert bases("own", "piece") == ()


def test_a_name_that_is_not_there_is_a_mistake_of_ours(own_piece):
    own_piece("class Other: ...")
    with pytest.raises(ValueError, match="the registry names 'Piece'"):
        arguments("own", "piece")


def test_reading_of_the_source_imports_nothing():
    code = (
        "import sys; from pipeline import registry\n"
        "for family in ('losses', 'poolers', 'contrastive', 'alignment'):\n"
        "    for word in registry.words(family): registry.arguments(family, word), registry.bases(family, word)\n"
        "assert not {'torch', 'pipeline.losses', 'pipeline.vocab'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=registry.ROOT, check=True)
