import contextlib
import copy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pipeline.config import load, load_params
from pipeline.config.defaults import FAMILIES, lay_over_defaults
from pipeline.config.schema import Params
from pipeline.errors import UserError
from pipeline.registry import FAMILIES as REGISTERED

ROOT = Path(__file__).parents[3]
FILES = [ROOT / "params.yaml", *sorted((ROOT / "profiles").glob("*.yaml"))]
REAL = lay_over_defaults(YAML(typ="safe").load(ROOT / "params.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_params_file_of_the_project_loads(file):
    params = load_params(file)
    assert params.members
    assert not params.toy, "what is committed is for real"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_params_file_has_the_defaults_of_every_piece(file):
    """A word that a user writes for the first time works without looking its arguments up."""
    from pipeline.registry import arguments

    defaults = lay_over_defaults(YAML(typ="safe").load(file))["defaults"]
    for family in FAMILIES:
        for word in REGISTERED[family]:
            required = {argument.name for argument in arguments(family, word) if argument.required}
            assert required <= set(defaults.get(family, {}).get(word, {})), f"defaults.{family}.{word}"


def test_params_are_typed_and_frozen():
    params = load_params(ROOT / "params.yaml")
    assert params.members["nezha-dice"].loss["name"] == "dice"
    with pytest.raises(ValueError, match="frozen"):
        params.folds.n_folds = 3


def test_yaml_is_read_as_dvc_reads_it(tmp_path):
    """In YAML 1.2 `on` is text and `1e-3` a number; PyYAML's 1.1 has it the other way round."""
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    written = "\ndefaults: {neural: {clip: 1e-3, early_stop: {on: inner}}}\n"
    (tmp_path / "params.yaml").write_text(text + written, encoding="utf-8")
    params = load_params(tmp_path / "params.yaml")
    assert params.members["bert-ce"].clip == 0.001
    assert params.members["bert-ce"].early_stop.on == "inner"


# ── Files that are no params ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "not found. Run from the project's root, or copy a file of profiles/ there"),
        ("", "got nothing, a mapping of sections is allowed; see profiles/ for whole files"),
        ("# only a comment\n", "got nothing, a mapping of sections is allowed"),
        ("- toy\n", "got a list, a mapping of sections is allowed"),
        ("toy", "got a str, a mapping of sections is allowed"),
        ("toy: true\nfolds: [1\n", "not valid YAML: line 3: while parsing a flow sequence, expected ',' or ']'"),
        ("toy: true\nfolds: {seed: 1, seed: 2}\n", 'not valid YAML: line 2: found duplicate key "seed"\n'),
        ("toy:\ttrue\n", "not valid YAML: line 1: while scanning for the next token, found character '\\t'"),
        ("toy: true\n---\ntoy: false\n", "not valid YAML: line 2: expected a single document"),
        ("toy: \x00", "not valid YAML: unacceptable character #x0000"),
        ("toy: 是".encode("gb18030"), "not UTF-8 ("),
    ],
)
def test_files_that_are_no_params(tmp_path, content, message):
    path = tmp_path / "params.yaml"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError) as refused:
        load_params(path)
    assert f"{refused.value}\n".startswith(f"{path}: {message}")
    assert "ruamel" not in str(refused.value)


# ── Whatever is written ─────────────────────────────────────────────────────────────────────────────────────────


def places(node, above=()):
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield (*above, key)
        yield from places(value, (*above, key))


words = st.sampled_from(["", "dice", "name", "kind", "from", "models/encoders/tiny-bert", "linear", "neural"])
scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | words
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words | st.integers() | st.none(), inner, max_size=3),
    max_leaves=4,
)


@settings(max_examples=150)
@given(place=st.sampled_from(list(places(REAL))), value=values)
def test_any_value_in_any_place_is_taken_or_refused_as_a_users_mistake(place, value):
    raw = copy.deepcopy(REAL)
    node = raw
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = value
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load, "_read_yaml", lambda path: raw)
        with contextlib.suppress(UserError):
            assert isinstance(load_params(Path("params.yaml")), Params)


# ── Entries by name ─────────────────────────────────────────────────────────────────────────────────────────────


def test_an_entry_by_name(load):
    assert load({}).entry("encoders", "tiny-bert").from_ == "models/pretrained/tiny-bert"


@pytest.mark.parametrize(
    ("section", "name", "message"),
    [
        ("encoders", "tiny-brt", "encoders: got 'tiny-brt', one of: tiny-bert, tiny-nezha; did you mean 'tiny-bert'?"),
        ("hub", "wwm", "hub: got 'wwm', one of: none"),
    ],
)
def test_a_name_that_is_not_there(load, section, name, message):
    with pytest.raises(UserError) as refused:
        load({}).entry(section, name)
    assert str(refused.value) == f"params.yaml: {message}"
