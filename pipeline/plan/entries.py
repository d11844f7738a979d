"""What each stage, and each of its entries, runs with: its settings, its components and the fingerprint of its code."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pipeline.artifacts.atomic import read_json
from pipeline.artifacts.paths import plan_file
from pipeline.config.parts import as_params, part_of
from pipeline.config.schema import Params
from pipeline.plan.components import components_of, implied_components
from pipeline.plan.fingerprint import Fingerprint, Place, component, fingerprint, root


class Stage(NamedTuple):
    """A stage of dvc.yaml.

    Attributes:
        section: the section of params.yaml for each entry of which the stage runs; None where the stage runs once.
        reads: the keys of params.yaml that the stage reads; `*` is its entry, or each entry where the stage runs once.
    """

    section: str | None
    reads: tuple[str, ...]


_DATA = ("columns", "encodings", "separator")
_NEW_ROWS = (*_DATA, "quoting", "header", "undecodable", "clean", "empty_text", "context")
_PREPARED = (*_NEW_ROWS, "train", "test", "corpus", "labels", "level_separator", "bad_rows", "near_duplicates")
STAGES = {
    "collect": Stage("embedded", ("embedded.*", "toy")),
    "prepare": Stage(None, ("data.competition", *(f"data.{key}" for key in _PREPARED), "toy")),
    "split_folds": Stage(None, ("folds",)),
    "select_text": Stage("unlabelled", ("unlabelled.*", "data.clean", "toy")),
    "download": Stage("hub", ("hub.*",)),
    "pretrain": Stage("scratch", ("scratch.*", "runtime")),
    "align_vocab": Stage(
        "encoders",
        ("encoders.*.from", "encoders.*.reference", "encoders.*.align", "runtime.seed", "runtime.threads"),
    ),
    "post_train": Stage("encoders", ("encoders.*.corpus", "encoders.*.post_train", "runtime", "toy")),
    "train_vectors": Stage("vectors", ("vectors.*",)),
    "augment": Stage("augment", ("augment.*",)),
    "gather": Stage(None, ("members.*.kind", "members.*.augment")),
    "lengths": Stage("members", tuple(f"members.*.{key}" for key in ("kind", "from", "max_length"))),
    "finetune": Stage("members", ("members.*",)),
    "predict": Stage("members", ("members.*",)),
    "import_logits": Stage("external", ("external.*",)),
    "fuse": Stage(None, ("members.*.kind", "external", "fusion")),
    "search_weights": Stage(None, ("class_weights", "fusion", "external", *(f"data.{key}" for key in _NEW_ROWS))),
    "submit": Stage(None, tuple(f"data.{key}" for key in ("competition", "sample_submission", *_DATA))),
    "report": Stage(
        None,
        (
            *("data.competition", "data.answer_key", "members.*.kind", "members.*.early_stop", "external"),
            "class_weights.methods",
            *(f"scratch.*.mlm.{key}" for key in ("steps", "early_stop")),
            *(f"encoders.*.post_train.{key}" for key in ("steps", "early_stop")),
            *("encoders.*.align.method", "encoders.*.align.split"),
        ),
    ),
}


@dataclass(frozen=True)
class Entry:
    """Settings, components and code that one run of a stage goes by. Entries are equal where a run gives the same.

    Attributes:
        stage: the stage's name.
        key: the entry's name in its section of params.yaml; None where the stage runs once.
        digest: of settings, components and code.
        settings: the part of params.yaml that the stage reads, every default filled in.
        params: the settings, as params.
        components: the words of the registry that the stage loads, each with its family: `losses.dice`.
        code: the fingerprint of the code that the stage runs.
        definitions: see Fingerprint.
    """

    stage: str
    key: str | None
    digest: str
    settings: Mapping[str, Any] = field(compare=False)
    params: Params = field(compare=False)
    components: tuple[str, ...] = field(compare=False)
    code: str = field(compare=False)
    definitions: Mapping[str, str] = field(compare=False)

    @property
    def name(self) -> str:
        """The name that DVC gives the entry: `finetune@bert-ce`."""
        return self.stage if self.key is None else f"{self.stage}@{self.key}"

    def content(self) -> dict[str, Any]:
        """Return the content of the entry's plan file."""
        return {
            "settings": self.settings,
            "components": list(self.components),
            "code": self.code,
            "definitions": self.definitions,
        }


def list_entries(params: Params) -> Iterator[Entry]:
    """Yield every entry of every stage, in the order of the stages and of params.yaml."""
    for stage, (section, _) in STAGES.items():
        for key in [None] if section is None else list(getattr(params, section)):
            yield make_entry(params, stage, key)


def make_entry(params: Params, stage: str, key: str | None) -> Entry:
    """Make the entry of a stage, from params and from the code as it is.

    Raises UserError where params.yaml has no entry of that name.
    """
    section, reads = STAGES[stage]
    if section is not None:
        params.entry(section, str(key))
    settings = part_of(params, reads, key)
    part = as_params(settings)
    components = tuple(sorted({*components_of(part), *implied_components(stage, part)}))
    found = fingerprint_of(stage, components)
    return entry_of(stage, key, settings, components, found)


def read_entry(stage: str, key: str | None) -> Entry:
    """Read the entry of a stage from the plan. Raises UserError where the plan holds none."""
    content = read_json(plan_file(stage, key))
    found = Fingerprint(content["code"], content["definitions"])
    return entry_of(stage, key, content["settings"], tuple(content["components"]), found)


def fingerprint_of(stage: str, components: tuple[str, ...]) -> Fingerprint:
    """Compute the fingerprint of the code that a stage runs with these components."""
    return fingerprint(roots_of(stage), {name: component(name) for name in components})


def roots_of(stage: str) -> list[Place]:
    """List the places where a stage's code begins: its step, and what makes params of the settings in its plan."""
    return [*root(f"pipeline.steps.{stage}:run"), *root("pipeline.fields.build:build")]


def entry_of(
    stage: str, key: str | None, settings: dict[str, Any], components: tuple[str, ...], found: Fingerprint
) -> Entry:
    """Put settings, components and code together to an entry, with its digest and params."""
    content = [settings, components, found.code]
    digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()
    return Entry(stage, key, digest, settings, as_params(settings), components, *found)
