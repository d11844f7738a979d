"""The defaults of params.yaml: what is filled from them, and the check of the defaults themselves.

params.yaml is laid over pipeline/config/defaults.yaml, mapping by mapping, its section `defaults` over the one there.
Each entry is laid over the defaults of its kind. Arguments of pieces stand under their family and are filled in where
the piece is read (`pipeline.fields.components`).
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML

from pipeline import registry
from pipeline.config import schema
from pipeline.config.encoder_sections import Alignment, MaskedLM
from pipeline.config.ensemble_sections import Ballot
from pipeline.config.locate import locate
from pipeline.config.word_sections import VECTOR_MODELS, Augment
from pipeline.fields.components import Problem, check_arguments
from pipeline.fields.messages import did_you_mean, one_of, show
from pipeline.members.recipe import Precision

DEFAULTS = Path(__file__).with_name("defaults.yaml")
# Which defaults stand behind which entries: the defaults' key -> the paths of the mappings they fill.
# A `*` stands for every name in the mapping. Members and vectors take those of their kind.
FILLED_FROM = {
    "masked_lm": ("scratch.*.mlm", "encoders.*.post_train"),
    "align": ("encoders.*.align",),
    "augment": ("augment.*",),
    "ballot": ("fusion.ballots.*",),
}
OF_SECTIONS: dict[str, type[BaseModel]] = {
    "masked_lm": MaskedLM,
    "align": Alignment,
    "augment": Augment,
    "ballot": Ballot,
}
SECTIONS = {**OF_SECTIONS, **VECTOR_MODELS, **schema.MEMBER_RECIPES}
if len(SECTIONS) < len(OF_SECTIONS) + len(VECTOR_MODELS) + len(schema.MEMBER_RECIPES):
    raise ValueError("two kinds of members or vectors, or a kind and another section of defaults, have one name")
# Their pieces may take arguments.
FAMILIES = (
    "cleaning",
    "selection",
    "alignment",
    "masking",
    "segmentation",
    "augmentation",
    "layers",
    "sequence",
    "poolers",
    "losses",
    "imbalance",
    "contrastive",
    "adversarial",
    "averaging",
    "samplers",
    "schedules",
    "fusion",
    "class_weights",
)
# What no default can say for an entry. With values that pass, so that defaults can be checked as an entry.
OWN: dict[str, dict[str, Any]] = {
    **{kind: {"kind": kind, "from": ""} for kind in schema.MEMBER_RECIPES},
    **{kind: {"kind": kind} for kind in VECTOR_MODELS},
    "augment": {"from": ""},
    "ballot": {"voters": ["a"]},
}


def lay_over_defaults(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Lay the params as written over pipeline/config/defaults.yaml, mapping by mapping."""
    laid: dict[str, Any] = _overlay(_copy(read_defaults()), _copy(raw))
    return laid


@cache
def read_defaults() -> dict[str, Any]:
    """Read every default of the project, in the shape of params.yaml."""
    defaults: dict[str, Any] = YAML(typ="safe", pure=True).load(DEFAULTS.read_text(encoding="utf-8"))
    return defaults


def fill_defaults(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Lay each entry of the params as written over the defaults of its kind. Nothing is checked here."""
    filled: dict[str, Any] = _copy(raw)
    defaults = filled.get("defaults")
    if not isinstance(defaults, dict):
        return filled
    for key, paths in FILLED_FROM.items():
        for target in paths:
            _fill(filled, target.split("."), defaults.get(key))
    for section, kind, name in _entries_of_kinds(filled):
        filled[section][name] = _overlay(defaults.get(kind), filled[section][name])
        if section == "members" and "precision" in schema.MEMBER_RECIPES[kind].model_fields:
            _inherit_precision(filled[section][name], filled.get("runtime"))
    return filled


def home(location: Sequence[Any], filled: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Find the place under `defaults` from which a place of an entry is filled; None where nothing fills the place."""
    for key, paths in FILLED_FROM.items():
        for target in paths:
            keys = target.split(".")
            if len(location) >= len(keys) and all(a in ("*", b) for a, b in zip(keys, location, strict=False)):
                return ("defaults", key, *location[len(keys) :])
    for section, kind, name in _entries_of_kinds(filled):
        if tuple(location[:2]) == (section, name):
            return None if location[2:3] and location[2] in OWN[kind] else ("defaults", kind, *location[2:])
    return None


def check_defaults(defaults: Any) -> list[Problem]:
    """Find what is wrong with the defaults, whether an entry uses them or not. Absent keys are no problem here."""
    problems = []
    for key, value in defaults.items() if isinstance(defaults, Mapping) else ():
        where = ("defaults", key)
        if key not in SECTIONS and key not in FAMILIES:
            allowed = [*SECTIONS, *FAMILIES]
            message = f"is not a known key; allowed here: {', '.join(allowed)}{did_you_mean(key, allowed)}"
            problems.append(Problem(where, message))
        elif not isinstance(value, Mapping):
            problems.append(Problem(where, f"got {show(value)}, a mapping of keys to values is allowed"))
        elif key in SECTIONS:
            problems += _check_section(key, value, defaults)
        else:
            problems += _check_family(key, value)
    return problems


def _entries_of_kinds(params: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """List section, kind and name of every entry that says a kind which its section knows."""
    found = []
    for section, kinds in schema.KINDS.items():
        entries = params.get(section)
        for name, entry in entries.items() if isinstance(entries, Mapping) else ():
            if isinstance(entry, Mapping) and isinstance(entry.get("kind"), str) and entry["kind"] in kinds:
                found.append((section, entry["kind"], name))
    return found


def _inherit_precision(member: dict[str, Any], runtime: Any) -> None:
    """Give a member without a precision of its own that of `runtime`; a wrong one is reported under `runtime`."""
    precision = runtime.get("precision") if isinstance(runtime, Mapping) else None
    if member.get("precision") is None and precision in get_args(Precision):
        member["precision"] = precision


def _check_section(key: str, section: Mapping[str, Any], defaults: Mapping[str, Any]) -> list[Problem]:
    own = OWN.get(key, {})
    problems = [
        Problem(("defaults", key, name), "cannot have a default: every entry says its own")
        for name in section
        if name in own
    ]
    try:
        SECTIONS[key].model_validate({**section, **own}, context={"defaults": defaults})
    except ValidationError as invalid:
        errors = [error for error in invalid.errors() if error["type"] != "missing"]
        problems += locate(errors, SECTIONS[key], ("defaults", key), hidden=own)
    return problems


def _check_family(family: str, words: Mapping[str, Any]) -> list[Problem]:
    problems = []
    for name, arguments in words.items():
        where = ("defaults", family, name)
        if name not in registry.words(family):
            problems.append(Problem(where, one_of(name, registry.words(family))))
        elif not isinstance(arguments, Mapping):
            problems.append(Problem(where, f"got {show(arguments)}, a mapping of arguments is allowed"))
        else:
            found = check_arguments(family, name, arguments)[1]
            problems += [Problem((*where, *place), message) for place, message in found]
    return problems


def _fill(node: Any, keys: list[str], defaults: Any) -> None:
    if not isinstance(node, dict):
        return
    key, rest = keys[0], keys[1:]
    for name in list(node) if key == "*" else [key]:
        if rest:
            _fill(node.get(name), rest, defaults)
        elif name in node:
            node[name] = _overlay(defaults, node[name])


def _overlay(defaults: Any, given: Any) -> Any:
    """Lay `given` over `defaults`, mapping by mapping; a piece replaces the default piece whole."""
    if not isinstance(defaults, dict) or not isinstance(given, dict):
        return given
    overlaid = {
        key: _overlay(defaults[key], value)
        for key, value in given.items()
        if key in defaults and not (isinstance(value, dict) and "name" in value)
    }
    return {**defaults, **given, **overlaid}


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value
