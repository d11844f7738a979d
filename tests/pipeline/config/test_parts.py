"""A part of the params and back."""

from pathlib import Path

import pytest

from pipeline.config import load_params
from pipeline.config.parts import as_params, part_of
from pipeline.config.schema import Params

ROOT = Path(__file__).parents[3]
FILES = [ROOT / "params.yaml", *sorted((ROOT / "profiles").glob("*.yaml"))]


@pytest.fixture(scope="module")
def params():
    return load_params(ROOT / "params.yaml")


def test_a_part_has_the_shape_of_the_file(params):
    part = part_of(params, ("encoders.*.align.split", "runtime.seed", "toy", "data.columns.id"), "tiny-bert")
    assert part == {
        "encoders": {"tiny-bert": {"align": {"split": params.encoders["tiny-bert"].align.split}}},
        "runtime": {"seed": params.runtime.seed},
        "toy": False,
        "data": {"columns": {"id": "id"}},
    }


def test_a_star_is_every_entry_where_there_is_no_name(params):
    assert part_of(params, ("members.*.kind",)) == {
        "members": {name: {"kind": member.kind} for name, member in params.members.items()}
    }


def test_what_is_not_there_gives_nothing(params):
    """Linear members have no `early_stop`, and `data.context` is null."""
    part = part_of(params, ("members.*.early_stop.on", "data.context.window"), "tfidf-svm")
    assert part == {"members": {"tfidf-svm": {}}, "data": {"context": None}}


def test_reading_what_was_not_taken_is_an_error(params):
    part = as_params(part_of(params, ("encoders.*.align",), "tiny-bert"))
    encoder = part.encoders["tiny-bert"]
    assert encoder.align == params.encoders["tiny-bert"].align
    for missing in (lambda: part.runtime, lambda: encoder.corpus):
        with pytest.raises(AttributeError):
            missing()


def test_a_default_is_not_there_either(params):
    part = as_params(part_of(params, ("class_weights", "fusion.rules")))
    there = {name for name in Params.model_fields if hasattr(part, name)}
    assert there == {"class_weights", "fusion"}
    assert not hasattr(part.fusion, "ballots")


@pytest.mark.parametrize("toy", [False, True])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_whole_comes_back_as_it_was(file, toy, tmp_path):
    """Toy sizes too, though they break rules between keys."""
    copy = tmp_path / "params.yaml"
    copy.write_text(
        file.read_text(encoding="utf-8").replace("toy: false", f"toy: {str(toy).lower()}"), encoding="utf-8"
    )
    params = load_params(copy)
    whole = as_params(part_of(params, tuple(Params.model_fields)))
    assert whole == params
    for section in ("members", "vectors", "encoders"):
        for name, entry in getattr(params, section).items():
            assert type(getattr(whole, section)[name]) is type(entry)
