"""Checks between entries of `params.yaml` that are right by themselves."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, cast

from pipeline import registry
from pipeline.artifacts import paths
from pipeline.config.schema import MEMBER_RECIPES
from pipeline.config.word_sections import VECTOR_MODELS
from pipeline.fields.components import Problem
from pipeline.fields.messages import one_of
from pipeline.members.recipe import Beside, MemberRecipe, Start

# The folders that stages fill, and that entries start from.
PRETRAINED, ALIGNED, ENCODERS, VECTORS, UNLABELLED = (
    path.as_posix() for path in (paths.PRETRAINED, paths.ALIGNED, paths.ENCODERS, paths.VECTORS, paths.UNLABELLED)
)
NEEDED: dict[Start, str] = {
    "encoder": "an encoder",
    "tfidf": "vectors of kind tfidf",
    "word2vec": "vectors of kind word2vec",
}


def check_combinations(filled: Mapping[str, Any]) -> list[Problem]:
    """Find names that clash, and `from`s and voters that nothing makes, in params whose defaults are filled in.

    The params need not be valid: values of a wrong form are reported elsewhere and passed over here.
    """
    checks = (_check_names, _check_sources, _check_members, _check_augmentation, _check_ballots)
    return [problem for check in checks for problem in check(filled)]


def entries(filled: Mapping[str, Any], section: str) -> dict[str, Mapping[str, Any]]:
    """Return the entries of a section; a section or an entry that is no mapping counts as an empty one."""
    found = filled.get(section)
    items = found.items() if isinstance(found, Mapping) else ()
    return {str(name): entry if isinstance(entry, Mapping) else {} for name, entry in items}


def _check_names(filled: Mapping[str, Any]) -> list[Problem]:
    members, external = entries(filled, "members"), entries(filled, "external")
    hub, scratch = entries(filled, "hub"), entries(filled, "scratch")
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
    for name, encoder in entries(filled, "encoders").items():
        others = {
            **made,
            ALIGNED: dict.fromkeys(made[ALIGNED]),
            ENCODERS: {path: what for path, what in made[ENCODERS].items() if path.split("/")[2] != name},
        }
        problems += _check_source(("encoders", name, "from"), encoder, ("encoder",), others)
        problems += _check_reference(("encoders", name, "reference"), encoder, made)
        problems += _check_corpus(("encoders", name, "reference"), encoder.get("reference"), filled)
        problems += _check_corpus(("encoders", name, "corpus"), encoder.get("corpus"), filled)
    for name, scratch in entries(filled, "scratch").items():
        problems += _check_corpus(("scratch", name, "from"), scratch.get("from"), filled)
    for name, member in entries(filled, "members").items():
        if (recipe := _recipe_type(member)) is not None:
            problems += _check_source(("members", name, "from"), member, recipe.starts_from, made)
    return problems


def _check_augmentation(filled: Mapping[str, Any]) -> list[Problem]:
    """Find copies that start from vectors without neighbours, or that a member names and nothing makes."""
    problems = []
    vectors, augment = entries(filled, "vectors"), entries(filled, "augment")
    with_words = [
        f"{VECTORS}/{name}"
        for name, entry in vectors.items()
        if entry.get("kind") == "word2vec" and entry.get("epochs") != 0
    ]
    for name, entry in augment.items():
        source = as_path(entry.get("from"))
        if source is not None and PurePosixPath(VECTORS) in source.parents and str(source) not in with_words:
            allowed = ", ".join(with_words) or "none"
            message = f"got {str(source)!r}, vectors of kind word2vec are needed, one of: {allowed}"
            problems.append(Problem(("augment", name, "from"), message))
    for name, member in entries(filled, "members").items():
        named = member.get("augment")
        for index, copies in enumerate(named if isinstance(named, list) else ()):
            if isinstance(copies, str) and copies not in augment:
                message = f"nothing makes it: {one_of(copies, list(augment))}"
                problems.append(Problem(("members", name, "augment", index), message))
    return problems


def _check_ballots(filled: Mapping[str, Any]) -> list[Problem]:
    """Find ballots whose name is taken, and voters that are neither members nor earlier ballots."""
    fusion = filled.get("fusion")
    members = [*entries(filled, "members"), *entries(filled, "external")]
    known, problems = list(members), []
    for name, ballot in entries(fusion, "ballots").items() if isinstance(fusion, Mapping) else ():
        key = ("fusion", "ballots", name)
        if name in members or name in registry.words("fusion"):
            problems.append(Problem(key, "the name is taken by a member or a rule; give the ballot another name"))
        voters = ballot.get("voters")
        for index, voter in enumerate(voters if isinstance(voters, list) else ()):
            if isinstance(voter, str) and voter not in known:
                what = f"no member and no ballot before this one: {one_of(voter, known)}"
                problems.append(Problem((*key, "voters", index), what))
        known.append(name)
    return problems


def _check_members(filled: Mapping[str, Any]) -> list[Problem]:
    """Find keys of a member that make no sense together, or not with what the member starts from."""
    data = filled.get("data")
    separator = data.get("level_separator") if isinstance(data, Mapping) else None
    made = {path: what for paths in _made_by_stages(filled).values() for path, what in paths.items()}
    problems = []
    for name, member in entries(filled, "members").items():
        if (recipe := _recipe_type(member)) is not None:
            found = recipe.check(member, Beside(made.get(str(as_path(member.get("from")))), separator))
            problems += [Problem(("members", name, *location), message) for location, message in found]
    return problems


def _recipe_type(member: Mapping[str, Any]) -> type[MemberRecipe] | None:
    kind = member.get("kind")
    return MEMBER_RECIPES.get(kind) if isinstance(kind, str) else None


def _made_by_stages(filled: Mapping[str, Any]) -> dict[str, dict[str, Start | None]]:
    """Map each folder that stages fill to the paths that stages make there, with what each is as far as is known."""
    hub, scratch = entries(filled, "hub"), entries(filled, "scratch")
    encoders, vectors = entries(filled, "encoders"), entries(filled, "vectors")
    pretrained = [f"{PRETRAINED}/{name}" for name in hub] + _with_steps(PRETRAINED, scratch, "mlm")
    return {
        PRETRAINED: dict.fromkeys(pretrained, "encoder"),
        ALIGNED: dict.fromkeys((f"{ALIGNED}/{name}" for name in encoders), "encoder"),
        ENCODERS: dict.fromkeys(_with_steps(ENCODERS, encoders, "post_train"), "encoder"),
        VECTORS: {f"{VECTORS}/{name}": _kind_of_vectors(entry) for name, entry in vectors.items()},
    }


def _kind_of_vectors(entry: Mapping[str, Any]) -> Start | None:
    kind = entry.get("kind")
    return cast(Start, kind) if isinstance(kind, str) and kind in VECTOR_MODELS else None


def _with_steps(folder: str, entries: Mapping[str, Mapping[str, Any]], training: str) -> list[str]:
    paths = []
    for name, entry in entries.items():
        settings = entry.get(training)
        steps = settings.get("checkpoints") if isinstance(settings, Mapping) else None
        paths += [f"{folder}/{name}"]
        paths += [f"{folder}/{name}/step-{step}" for step in steps] if isinstance(steps, list) else []
    return paths


def _check_source(
    key: tuple[str, str, str],
    entry: Mapping[str, Any],
    starts_from: Sequence[Start],
    made: Mapping[str, Mapping[str, Start | None]],
) -> list[Problem]:
    source = as_path(entry.get("from"))
    folder = next((folder for folder in made if source is not None and PurePosixPath(folder) in source.parents), None)
    if source is None or folder is None:
        return []  # a directory of the user's own
    allowed = [path for paths in made.values() for path, what in paths.items() if what in starts_from]
    if str(source) in allowed or made[folder].get(str(source), "encoder") is None:
        return []  # vectors of a kind that is wrong are told where they are
    could_be = tuple(VECTOR_MODELS) if folder == VECTORS else ("encoder",)
    if str(source) not in made[folder] and set(could_be) & set(starts_from):
        own = "; a checkpoint of your own lies in a folder of your own, models/own/…" if folder == PRETRAINED else ""
        return [Problem(key, f"nothing makes it: {one_of(str(source), allowed)}{own}")]
    needed = " or ".join(NEEDED[start] for start in starts_from)
    return [Problem(key, f"got {str(source)!r}, {needed} is needed, one of: {', '.join(allowed) or 'none'}")]


def _check_reference(
    key: tuple[str, str, str], encoder: Mapping[str, Any], made: Mapping[str, Mapping[str, Start | None]]
) -> list[Problem]:
    file = as_path(encoder.get("reference"))
    if file is None:
        return []
    if file.suffix == ".json" and _method(encoder) == "context":
        return [Problem(key, f"got {str(file)!r}, alignment by context needs plain text, not counts")]
    if PurePosixPath(PRETRAINED) not in file.parents:
        return []
    folders = [f"{folder}/{file.name}" for folder in made[PRETRAINED]]
    inside_one = any(PurePosixPath(folder) in file.parents for folder in made[PRETRAINED])
    return [] if inside_one else [Problem(key, f"nothing makes it: {one_of(str(file), folders)}")]


def _method(encoder: Mapping[str, Any]) -> Any:
    align = encoder.get("align")
    method = align.get("method") if isinstance(align, Mapping) else None
    return method.get("name") if isinstance(method, Mapping) else method


def _check_corpus(key: tuple[str, str, str], corpus: Any, filled: Mapping[str, Any]) -> list[Problem]:
    file = as_path(corpus)
    if file is None or PurePosixPath(UNLABELLED) not in file.parents:
        return []
    made = [f"{UNLABELLED}/{name}.parquet" for name in entries(filled, "unlabelled")]
    return [] if str(file) in made else [Problem(key, f"nothing makes it: {one_of(str(file), made)}")]


def as_path(value: Any) -> PurePosixPath | None:
    """Return a value as a path for comparison, without a trailing slash or `./`; None where the value is no string."""
    return PurePosixPath(value) if isinstance(value, str) else None
