"""docs/members.md and defaults.yaml, held against the registry, the schema and the ablation."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from benchmarks.ablation import LINEAR, MLP, NEURAL
from pipeline import registry
from pipeline.config import Params, load_params
from pipeline.config.schema import MEMBER_RECIPES

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/members.md").read_text(encoding="utf-8")
READER = YAML(typ="safe", pure=True)
DEFAULTS = (ROOT / "pipeline/config/defaults.yaml").read_text(encoding="utf-8")
RAW = READER.load(DEFAULTS) | READER.load(ROOT / "params.yaml")

# The families of members, and the key of a member that each stands behind.
KEYS = {
    "kinds": "kind",
    "layers": "layers",
    "sequence": "sequence",
    "poolers": "poolers",
    "losses": "loss",
    "imbalance": "class_weights",
    "contrastive": "contrastive",
    "adversarial": "adversarial",
    "averaging": "averaging",
    "samplers": "sampler",
    "schedules": "schedule",
}
# The members that a row of the page changes.
BASES = {
    "neural": {"kind": "neural", "from": "models/encoders/tiny-bert"},
    "linear": {"kind": "linear", "from": "models/vectors/tfidf"},
    "mlp": {"kind": "mlp", "from": "models/encoders/tiny-bert"},
}
HEAD = "| Write | What it does | Source | Test | Measured |\n| --- | --- | --- | --- | --- |\n"
KIND_OF_SECTION = {"Linear members": "linear", "Perceptrons": "mlp"}


def rows() -> list[tuple[str, dict[str, Any], list[str]]]:
    """The rows of the page's tables of words: the kind that they are for, what they write, and the other cells."""
    found = []
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE):
        kind = KIND_OF_SECTION.get(section.splitlines()[0], "neural")
        table = section.partition(HEAD)[2]
        for line in table.partition("\n\n")[0].splitlines():
            write, *cells = (cell.strip() for cell in line.strip("|").split(" | "))
            found.append((kind, READER.load(write.strip("`")), cells))
    return found


ROWS = rows()


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The params with one member, and whatever the rows of the page speak of beside it."""

    def read(member: dict[str, Any], runtime: dict[str, Any] | None = None) -> Params:
        raw = RAW | {
            "runtime": RAW["runtime"] | (runtime or {}),
            "data": RAW["data"] | {"level_separator": "-"},
            "vectors": RAW["vectors"] | {"w2v": {"kind": "word2vec"}},
            "augment": {"swapped": {"method": "random_swap", "from": "data/prepared/train.parquet"}},
            "members": {"member": member},
        }
        monkeypatch.setattr("pipeline.config.load._read_yaml", lambda path: raw)
        return load_params(Path("params.yaml"))

    return read


def words_of(piece: Any) -> set[str]:
    """The words in a member's key, as it is written."""
    if isinstance(piece, list):
        return set().union(*map(words_of, piece))
    if isinstance(piece, dict):
        return words_of(piece.get("name", piece.get("loss")))
    return {piece}


def test_every_table_has_been_read() -> None:
    assert len(ROWS) == len(re.findall(r"^\| [^|]*`.* \| `tests/", PAGE, flags=re.MULTILINE)) > 80
    assert all(len(cells) == 4 for _, _, cells in ROWS)


@pytest.mark.parametrize("family", KEYS)
def test_every_word_has_a_row(family: str) -> None:
    written = [write[KEYS[family]] for kind, write, _ in ROWS if kind == "neural" and KEYS[family] in write]
    assert set().union(*map(words_of, written)) == set(registry.words(family))


@pytest.mark.parametrize("kind", MEMBER_RECIPES)
def test_every_key_has_a_row_or_is_named_above_the_table(kind: str) -> None:
    written = {key for of_kind, write, _ in ROWS if of_kind == kind for key in write}
    elsewhere = {"neural": set(), "linear": {"kind", "from"}, "mlp": {"kind", "from"}}[kind]
    for section in KIND_OF_SECTION:
        if KIND_OF_SECTION[section] == kind:
            intro = PAGE.partition(f"## {section}\n")[2].partition("\n| ")[0]
            elsewhere |= set(re.findall(r"`(\w+)`", intro.partition("not in the table:")[2]))
    keys = {field.alias or name for name, field in MEMBER_RECIPES[kind].model_fields.items()}
    assert written - {"runtime"} | elsewhere == keys


@pytest.mark.parametrize("family", [family for family in KEYS if family != "kinds"])
def test_every_argument_is_named(family: str) -> None:
    for word in registry.words(family):
        for argument in registry.arguments(family, word):
            assert re.search(rf"\b{argument.name}\b", PAGE), (word, argument.name)


@pytest.mark.parametrize(("kind", "write"), [row[:2] for row in ROWS], ids=lambda part: str(part))
def test_every_row_loads(load: Any, kind: str, write: dict[str, Any]) -> None:
    runtime = write.get("runtime")
    changed = {} if runtime else write
    member = load(BASES[kind] | changed, runtime).members["member"].model_dump(by_alias=True)
    for key, value in changed.items():
        assert words_of(value) <= words_of(member[key]) if key in KEYS.values() else member[key] == value


def test_the_example_loads(load: Any) -> None:
    example = READER.load(PAGE.split("<!-- example -->\n```yaml")[1].split("```")[0])
    [(name, member)] = example.items()
    assert name == "nezha-dice"
    loaded = load(member).members["member"].model_dump(by_alias=True)
    assert [piece["name"] for piece in loaded["sequence"]] == ["lstm", "gru"]
    assert loaded["loss"] == {"name": "dice", **RAW["defaults"]["losses"]["dice"], "alpha": 0.3}


def test_the_short_example_loads(load: Any) -> None:
    for member in READER.load(PAGE.split("```yaml")[1].split("```")[0])["members"].values():
        load(member)


def test_every_test_that_is_named_is_there() -> None:
    for _, write, cells in ROWS:
        assert (ROOT / cells[2].strip("`")).is_file(), write


@pytest.mark.parametrize(("kind", "changes"), [("neural", NEURAL), ("linear", LINEAR), ("mlp", MLP)])
def test_every_line_of_the_ablation_has_a_row(kind: str, changes: dict[str, dict[str, Any]]) -> None:
    written = [write for of_kind, write, _ in ROWS if of_kind == kind]
    assert [name for name, keys in changes.items() if keys not in written] == []


def test_what_was_compared_has_a_measurement() -> None:
    compared = {"neural": list(NEURAL.values()), "linear": list(LINEAR.values()), "mlp": list(MLP.values())}
    for kind, write, cells in ROWS:
        assert write not in compared.get(kind, []) or cells[3] not in ("", "–"), write


def test_no_measurement_is_missing() -> None:
    """It fails until the ablation has filled the page in."""
    assert re.findall("@@.*?@@", PAGE) == []


@pytest.mark.parametrize("family", [family for family in KEYS if family != "kinds"])
def test_the_defaults_name_every_word_at_its_key(family: str) -> None:
    """In the comment above the key of defaults.neural, or on its line."""
    block = DEFAULTS[DEFAULTS.index("\n  neural:") : DEFAULTS.index("\n  linear:")]
    at_key = re.search(rf"((?:^    #.*\n)*)^    {KEYS[family]}:.*$", block, flags=re.MULTILINE)
    assert at_key is not None
    comments = " ".join(line.partition("#")[2] for line in at_key[0].splitlines())
    assert [word for word in registry.words(family) if not re.search(rf"\b{word}\b", comments)] == []


def test_there_are_defaults_for_every_kind_and_argument() -> None:
    defaults = RAW["defaults"]
    assert set(registry.words("kinds")) <= set(defaults)
    for family in KEYS.keys() - {"kinds"}:
        for word in registry.words(family):
            names = [argument.name for argument in registry.arguments(family, word)]
            assert list(defaults.get(family, {}).get(word, {})) == names, (family, word)


def test_lines_of_the_defaults_are_short() -> None:
    block = DEFAULTS[DEFAULTS.index("\n  # docs/members.md has a row") :]
    assert [line for line in block.splitlines() if len(line) > 125] == []
