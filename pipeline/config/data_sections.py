"""The sections of `params.yaml` that say what is read and how it is cut: files, cleaning, outside text, folds."""

import re
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from pipeline.fields.components import piece
from pipeline.fields.section import (
    AtLeastOne,
    Count,
    Section,
)

FOLDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def _check_folder_name(name: str) -> str:
    if not FOLDER_NAME.fullmatch(name):
        raise ValueError(f"got {name!r}, the name of one folder in data/raw/ is allowed: letters, digits, _, . and -")
    return name


class Stackdocs(Section):
    """A competition made from docstrings."""

    toy_limits: ClassVar = {"n_classes": 6, "n_train": 240, "n_test": 60}

    n_classes: AtLeastOne
    n_train: AtLeastOne
    n_test: AtLeastOne
    min_rows: AtLeastOne
    max_tokens: AtLeastOne
    seed: Count


class Columns(Section):
    """Names of the columns in the competition's files."""

    id: str | None
    text: str
    label: str
    group: str | None
    fold: str | None


class Context(Section):
    """Settings of dialogues: what a row sees of the turns before its own."""

    window: Count
    dialogue: str
    turn: str | None
    speaker: str | None
    separator: str


class BadRows(Section):
    """Rules for training rows that cannot be used as they are."""

    missing_label: Literal["refuse", "drop"]
    illegal_label: Literal["refuse", "drop"]
    missing_text: Literal["refuse", "placeholder", "drop"]
    emptied_text: Literal["refuse", "placeholder", "drop"]
    missing_id: Literal["refuse", "drop", "number"]
    repeated_id: Literal["refuse", "keep_first", "number"]
    conflicting_labels: Literal["keep", "majority", "drop"]


class NearDuplicates(Section):
    """The conditions under which two texts count as nearly the same."""

    threshold: Annotated[float, Field(ge=0.5, lt=1)]
    unit: Literal["characters", "words"]
    ngram: AtLeastOne


class Data(Section):
    """The competition's files and how the files are read and cleaned."""

    competition: Annotated[str, AfterValidator(_check_folder_name)]
    train: list[str] = Field(min_length=1)
    test: str
    corpus: list[str] = Field(min_length=1)
    sample_submission: str | None
    answer_key: str | None
    columns: Columns
    labels: list[str] | None
    separator: str | None
    quoting: bool
    header: list[str] | None
    encodings: list[str] = Field(min_length=1)
    undecodable: Literal["refuse", "replace"]
    level_separator: str | None
    clean: list[piece("cleaning")]  # type: ignore[valid-type]
    bad_rows: BadRows
    empty_text: str
    near_duplicates: NearDuplicates | None
    context: Context | None


class Selection(Section):
    """The choice of the documents that are taken from a text."""

    toy_limits: ClassVar = {"n": 50}

    method: piece("selection")  # type: ignore[valid-type]
    n: AtLeastOne


class Unlabelled(Section):
    """Text from outside the competition."""

    from_: str = Field(alias="from")
    column: str = "text"
    select: Selection | None


class Folds(Section):
    """Settings of cross-validation."""

    n_folds: Annotated[int, Field(ge=2)]
    repeats: AtLeastOne
    group_duplicates: bool
    seed: Count
