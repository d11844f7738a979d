"""The shape of `params.yaml`. What each key means stands as a comment in `defaults.yaml` beside it."""

import operator
import re
from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, PlainValidator, ValidationError, model_validator

from pipeline import registry
from pipeline.errors import UserError
from pipeline.fields.components import Problem, piece, piece_error, word
from pipeline.fields.messages import describe, one_of, show
from pipeline.fields.section import (
    AtLeastOne,
    Count,
    Name,
    Names,
    NotNegative,
    Positive,
    Section,
    Share,
    check_distinct,
)
from pipeline.members.recipe import MemberRecipe, Precision, load_recipe

FOLDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
REVISION = re.compile(r"[0-9a-f]{40}")


def _check_folder_name(name: str) -> str:
    if not FOLDER_NAME.fullmatch(name):
        raise ValueError(f"got {name!r}, the name of one folder in data/raw/ is allowed: letters, digits, _, . and -")
    return name


def _check_revision(revision: str) -> str:
    if not REVISION.fullmatch(revision):
        raise ValueError(
            f"got {revision!r}, the whole hash of a commit is allowed, 40 hex digits: a branch or tag may move"
        )
    return revision


def _check_rules(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    check_distinct([rule["name"] for rule in rules])
    return rules


def _check_shrinkage(shrinkage: Any) -> float | Literal["auto"]:
    if shrinkage == "auto":
        return "auto"
    if isinstance(shrinkage, bool) or not isinstance(shrinkage, int | float) or not 0 <= shrinkage <= 1:
        raise ValueError(f"got {show(shrinkage)}, a number from 0 to 1 or auto is allowed")
    return float(shrinkage)


Split = Literal["whitespace", "punctuation", "characters"]


class Runtime(Section):
    """Seed, threads and precision of all training."""

    seed: Count
    threads: AtLeastOne
    precision: Precision


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
    """Dialogues: what a row sees of the turns before its own."""

    window: Count
    dialogue: str
    turn: str | None
    speaker: str | None
    separator: str


class BadRows(Section):
    """What becomes of training rows that cannot be used as they are."""

    missing_label: Literal["refuse", "drop"]
    illegal_label: Literal["refuse", "drop"]
    missing_text: Literal["refuse", "placeholder", "drop"]
    emptied_text: Literal["refuse", "placeholder", "drop"]
    missing_id: Literal["refuse", "drop", "number"]
    repeated_id: Literal["refuse", "keep_first", "number"]
    conflicting_labels: Literal["keep", "majority", "drop"]


class NearDuplicates(Section):
    """When two texts count as nearly the same."""

    threshold: Annotated[float, Field(ge=0.5, lt=1)]
    unit: Literal["characters", "words"]
    ngram: AtLeastOne


class Data(Section):
    """The competition's files and how to read and clean them."""

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
    """Which documents of a text are taken."""

    toy_limits: ClassVar = {"n": 50}

    method: piece("selection")  # type: ignore[valid-type]
    n: AtLeastOne


class Unlabelled(Section):
    """Text from outside the competition."""

    from_: str = Field(alias="from")
    column: str = "text"
    select: Selection | None


class Folds(Section):
    """Cross-validation."""

    n_folds: Annotated[int, Field(ge=2)]
    repeats: AtLeastOne
    group_duplicates: bool
    seed: Count


class Hub(Section):
    """A checkpoint to download."""

    repo: str
    revision: Annotated[str, AfterValidator(_check_revision)]


class Architecture(Section):
    """The shape of an encoder made from scratch."""

    toy_limits: ClassVar = {"layers": 1, "hidden": 32, "heads": 2, "intermediate": 64, "max_length": 48}

    name: word("architectures")  # type: ignore[valid-type]
    layers: AtLeastOne
    hidden: AtLeastOne
    heads: AtLeastOne
    intermediate: AtLeastOne
    max_length: AtLeastOne
    initializer_range: Positive = 0.02

    @model_validator(mode="after")
    def _heads_divide_hidden(self) -> Self:
        if self.hidden % self.heads:
            raise ValueError(f"hidden ({self.hidden}) must be a multiple of heads ({self.heads})")
        return self


class MaskedLM(Section):
    """Masked-language modelling: the settings of pretraining and post-training."""

    toy_limits: ClassVar = {"steps": 6, "batch_tokens": 1024, "max_length": 48, "evaluate_every": 3}

    steps: Count
    checkpoints: list[AtLeastOne]
    batch_tokens: AtLeastOne
    max_length: Annotated[int, Field(ge=8)]
    learning_rate: Positive
    warmup_ratio: Share
    weight_decay: NotNegative
    dropout: Share
    masking: piece("masking")  # type: ignore[valid-type]
    mlm_probability: Annotated[float, Field(gt=0, lt=1)]
    held_out: Annotated[float, Field(gt=0, lt=1)]
    evaluate_every: AtLeastOne
    early_stop: AtLeastOne | None

    @model_validator(mode="after")
    def _checkpoints_come_before_the_end(self) -> Self:
        if any(step >= self.steps for step in self.checkpoints):
            raise ValueError(f"checkpoints {self.checkpoints} must lie before the last step, {self.steps}")
        return self


class Scratch(Section):
    """An encoder to pretrain from a text."""

    toy_limits: ClassVar = {"vocab_size": 3000}

    from_: str = Field(alias="from")
    architecture: Architecture
    vocab_size: AtLeastOne
    split: Split
    mlm: MaskedLM


class Alignment(Section):
    """How the competition's vocabulary is mapped to the pretrained one."""

    method: piece("alignment")  # type: ignore[valid-type]
    min_count: AtLeastOne
    split: Split


class Encoder(Section):
    """A pretrained encoder, aligned and post-trained."""

    from_: str = Field(alias="from")
    reference: str
    align: Alignment
    corpus: str
    post_train: MaskedLM


class NewWords(Section):
    """When a string of the corpus is a new word."""

    min_count: Annotated[int, Field(ge=2)]
    min_pmi: float
    min_entropy: NotNegative
    max_length: Annotated[int, Field(ge=2, le=16)]


def _check_segment(segment: dict[str, Any]) -> dict[str, Any]:
    """A piece's arguments are checked by their types alone; those of a new word have keys of their own."""
    if segment.get("new_words") is None:
        return segment
    try:
        return segment | {"new_words": NewWords.model_validate(segment["new_words"]).model_dump()}
    except ValidationError as invalid:
        known = list(NewWords.model_fields)
        raise piece_error(
            [Problem(("new_words", *error["loc"]), describe(error, known)) for error in invalid.errors()]
        ) from None


Segment: TypeAlias = Annotated[piece("segmentation"), AfterValidator(_check_segment)]  # type: ignore[valid-type]


class Tfidf(Section):
    """TF-IDF features."""

    kind: Literal["tfidf"]
    segment: Segment
    analyzer: Literal["word", "char", "char_wb"]
    ngrams: Annotated[list[AtLeastOne], Field(min_length=2, max_length=2)]
    min_df: AtLeastOne
    sublinear_tf: bool
    max_features: AtLeastOne | None

    @model_validator(mode="after")
    def _ngrams_are_a_range(self) -> Self:
        if self.ngrams[0] > self.ngrams[1]:
            raise ValueError(f"ngrams: got {self.ngrams}, [shortest, longest] is allowed")
        return self

    @model_validator(mode="after")
    def _segments_are_used(self) -> Self:
        name = self.segment["name"]
        if self.analyzer != "word" and name != "whitespace":
            raise ValueError(
                f"segment: got {name!r}, which analyzer: {self.analyzer} does not look at; set analyzer: word or "
                "segment: whitespace"
            )
        return self


class Word2Vec(Section):
    """Word vectors trained on the corpus."""

    toy_limits: ClassVar = {"dimensions": 16, "epochs": 1}

    kind: Literal["word2vec"]
    segment: Segment
    dimensions: AtLeastOne
    window: AtLeastOne
    min_count: AtLeastOne
    epochs: Count
    negative: AtLeastOne
    skip_gram: bool
    weighting: Literal["mean", "idf"]
    seed: Annotated[int, Field(ge=0, lt=2**32)]


VECTOR_MODELS: dict[str, type[Section]] = {"tfidf": Tfidf, "word2vec": Word2Vec}


class Augment(Section):
    """Changed copies of the training texts."""

    toy_limits: ClassVar = {"copies": 1}

    from_: str = Field(alias="from")
    method: piece("augmentation")  # type: ignore[valid-type]
    segment: Segment
    copies: AtLeastOne
    seed: Count


MEMBER_RECIPES = {kind: load_recipe(kind) for kind in registry.words("kinds")}
if TYPE_CHECKING:
    MemberEntry: TypeAlias = MemberRecipe
else:
    MemberEntry = Annotated[reduce(operator.or_, MEMBER_RECIPES.values()), Field(discriminator="kind")]
# The sections whose entries say their kind, and the kinds of each. No two kinds have one name.
KINDS: dict[str, Mapping[str, type[Section]]] = {"members": MEMBER_RECIPES, "vectors": VECTOR_MODELS}


class External(Section):
    """Logits of a member that was trained elsewhere."""

    from_: str = Field(alias="from")


class Ballot(Section):
    """Who votes, by which rule."""

    voters: Annotated[Names, Field(min_length=1)]
    rule: Literal["vote", "rank_average", "probability_average", "geometric_average"]
    tie: Literal["first", "probability", "rank", "winners_probability"]
    weights: list[NotNegative] | None

    @model_validator(mode="after")
    def _every_voter_has_a_weight(self) -> Self:
        if self.weights is not None and (len(self.weights) != len(self.voters) or not any(self.weights)):
            raise ValueError(
                f"weights: got {self.weights}, one for each of {len(self.voters)} voters, not all 0, is allowed"
            )
        return self


class Fusion(Section):
    """The candidates that are made of the members."""

    ballots: dict[Name, Ballot] = {}
    rules: Annotated[list[piece("fusion")], AfterValidator(_check_rules)]  # type: ignore[valid-type]
    member_weights: Annotated[list[piece("class_weights")], Field(min_length=1), AfterValidator(_check_rules)]  # type: ignore[valid-type]


class ClassWeights(Section):
    """The search of class weights for macro-F1."""

    toy_limits: ClassVar = {"bootstrap_samples": 50}

    methods: Annotated[list[piece("class_weights")], Field(min_length=1), AfterValidator(_check_rules)]  # type: ignore[valid-type]
    shrinkage: Annotated[float | Literal["auto"], PlainValidator(_check_shrinkage)]
    choose: Literal["one_standard_error", "best"]
    bootstrap_samples: Annotated[int, Field(ge=2)]
    seed: Count


class Params(Section):
    """The whole file, with every default filled in."""

    toy: bool
    runtime: Runtime
    embedded: dict[Name, Stackdocs] = {}
    data: Data
    folds: Folds
    unlabelled: dict[Name, Unlabelled] = {}
    hub: dict[Name, Hub] = {}
    scratch: dict[Name, Scratch] = {}
    encoders: dict[Name, Encoder] = {}
    vectors: dict[Name, Annotated[Tfidf | Word2Vec, Field(discriminator="kind")]] = {}
    augment: dict[Name, Augment] = {}
    members: dict[Name, MemberEntry]
    external: dict[Name, External] = {}
    fusion: Fusion
    class_weights: ClassWeights
    defaults: dict[str, Any]

    def entry(self, section: str, name: str) -> Any:
        """The entry `name` of a section of named entries. Raises UserError where there is none."""
        entries = getattr(self, section)
        if name not in entries:
            raise UserError(f"params.yaml: {section}: {one_of(name, list(entries))}")
        return entries[name]
