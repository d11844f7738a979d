"""What is wrong between entries of `params.yaml` that are right by themselves."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from pipeline.config.messages import one_of
from pipeline.config.pieces import Problem
from pipeline.config.schema import MEMBER_MODELS

# The folders that stages fill, and which of them an entry may start from.
PRETRAINED, ALIGNED, ENCODERS, VECTORS = "models/pretrained", "models/aligned", "models/encoders", "models/vectors"
STARTS = {"transformer": (PRETRAINED, ALIGNED, ENCODERS), "linear": (VECTORS,)}


def check_combinations(filled: Mapping[str, Any]) -> list[Problem]:
    """Names that clash, and `from`s that nothing makes, in params whose defaults are filled in.

    The params need not be valid: what has another form than it should is reported elsewhere and passed over here.
    """
    return [*_check_names(filled), *_check_sources(filled), *_check_lengths(filled)]


def _entries(filled: Mapping[str, Any], section: str) -> dict[str, Mapping[str, Any]]:
    found = filled.get(section)
    items = found.items() if isinstance(found, Mapping) else ()
    return {name: entry for name, entry in items if isinstance(name, str) and isinstance(entry, Mapping)}


def _check_names(filled: Mapping[str, Any]) -> list[Problem]:
    members, external = _entries(filled, "members"), _entries(filled, "external")
    hub, scratch = _entries(filled, "hub"), _entries(filled, "scratch")
    problems = [
        Problem(("external", name), "the name is taken by a member; give one of them another name")
        for name in external
        if name in members
    ]
    problems += [
        Problem(("scratch", name), f"the name is taken under hub; both would make {PRETRAINED}/{name}")
        for name in scratch
        if name in hub
    ]
    if filled.get("members") == {} and filled.get("external", {}) == {}:
        problems.append(Problem(("members",), "is empty, and so is external; an ensemble needs an entry in either"))
    return problems


def _check_sources(filled: Mapping[str, Any]) -> list[Problem]:
    made = _made_by_stages(filled)
    problems = []
    for name, encoder in _entries(filled, "encoders").items():
        problems += _check_source(("encoders", name, "from"), encoder, STARTS["transformer"], made)
        problems += _check_counts(("encoders", name, "counts"), encoder, made)
    for name, member in _entries(filled, "members").items():
        if member.get("kind") in list(MEMBER_MODELS):
            problems += _check_source(("members", name, "from"), member, STARTS[member["kind"]], made)
    return problems


def _made_by_stages(filled: Mapping[str, Any]) -> dict[str, list[str]]:
    """For each folder that stages fill, the paths in it that an entry may start from."""
    hub, scratch = _entries(filled, "hub"), _entries(filled, "scratch")
    encoders, vectors = _entries(filled, "encoders"), _entries(filled, "vectors")
    return {
        PRETRAINED: [f"{PRETRAINED}/{name}" for name in hub] + _with_steps(PRETRAINED, scratch, "mlm"),
        ALIGNED: [f"{ALIGNED}/{name}" for name in encoders],
        ENCODERS: _with_steps(ENCODERS, encoders, "post_train"),
        VECTORS: [f"{VECTORS}/{name}" for name in vectors],
    }


def _with_steps(folder: str, entries: Mapping[str, Mapping[str, Any]], training: str) -> list[str]:
    paths = []
    for name, entry in entries.items():
        settings = entry.get(training)
        steps = settings.get("checkpoints") if isinstance(settings, Mapping) else None
        paths += [f"{folder}/{name}"]
        paths += [f"{folder}/{name}/step-{step}" for step in steps] if isinstance(steps, list) else []
    return paths


def _check_source(
    key: tuple[str, str, str], entry: Mapping[str, Any], starts: tuple[str, ...], made: Mapping[str, list[str]]
) -> list[Problem]:
    source = _path(entry.get("from"))
    folder = next((folder for folder in made if source is not None and PurePosixPath(folder) in source.parents), None)
    if source is None or folder is None:
        return []  # a directory of the user's own
    allowed = [path for start in starts for path in made[start]]
    if folder not in starts:
        return [Problem(key, f"a {entry['kind']} member cannot start from it: {one_of(str(source), allowed)}")]
    return [] if str(source) in allowed else [Problem(key, f"nothing makes it: {one_of(str(source), allowed)}")]


def _check_counts(
    key: tuple[str, str, str], encoder: Mapping[str, Any], made: Mapping[str, list[str]]
) -> list[Problem]:
    file = _path(encoder.get("counts"))
    if file is None or PurePosixPath(PRETRAINED) not in file.parents:
        return []
    folders = [f"{folder}/{file.name}" for folder in made[PRETRAINED]]
    inside_one = any(PurePosixPath(folder) in file.parents for folder in made[PRETRAINED])
    return [] if inside_one else [Problem(key, f"nothing makes it: {one_of(str(file), folders)}")]


def _check_lengths(filled: Mapping[str, Any]) -> list[Problem]:
    """Texts longer than the positions of a BERT made here; NEZHA has none, and another's are known to nobody yet."""
    positions: dict[str, tuple[str, int]] = {}
    problems = []
    for section, folder, training in (("scratch", PRETRAINED, "mlm"), ("encoders", ENCODERS, "post_train")):
        for name, entry in _entries(filled, section).items():
            limit = _own_limit(name, entry) if section == "scratch" else _inherited(entry, positions)
            if limit is not None:
                positions[f"{folder}/{name}"] = limit
                problems += _check_length((section, name, training), entry.get(training), limit)
    for name, member in _entries(filled, "members").items():
        limit = _inherited(member, positions)
        problems += _check_length(("members", name), member, limit) if limit is not None else []
    return problems


def _own_limit(name: str, scratch: Mapping[str, Any]) -> tuple[str, int] | None:
    shape = scratch.get("architecture")
    if not isinstance(shape, Mapping) or shape.get("name") != "bert" or not isinstance(shape.get("max_length"), int):
        return None
    return f"scratch.{name}.architecture.max_length", shape["max_length"]


def _inherited(entry: Mapping[str, Any], positions: Mapping[str, tuple[str, int]]) -> tuple[str, int] | None:
    source = _path(entry.get("from"))
    above = [] if source is None else [str(source), *(str(parent) for parent in source.parents)]
    aligned = [path.replace(ALIGNED, ENCODERS) for path in above]
    return next((positions[path] for path in aligned if path in positions), None)


def _check_length(key: tuple[str, ...], settings: Any, limit: tuple[str, int]) -> list[Problem]:
    length = settings.get("max_length") if isinstance(settings, Mapping) else None
    if not isinstance(length, int) or length <= limit[1]:
        return []
    return [Problem((*key, "max_length"), f"got {length}, {limit[1]} or less is allowed: {limit[0]} is {limit[1]}")]


def _path(value: Any) -> PurePosixPath | None:
    return PurePosixPath(value) if isinstance(value, str) else None
