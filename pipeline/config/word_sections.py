"""The sections of `params.yaml` that look at words: vectors, and changed copies of texts."""

from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, ValidationError, model_validator

from pipeline.fields.components import Problem, piece, piece_error
from pipeline.fields.messages import describe
from pipeline.fields.section import (
    AtLeastOne,
    Count,
    NotNegative,
    Section,
)


class NewWords(Section):
    """The conditions under which a string of the corpus is a new word."""

    min_count: Annotated[int, Field(ge=2)]
    min_pmi: float
    min_entropy: NotNegative
    max_length: Annotated[int, Field(ge=2, le=16)]


def _check_segment(segment: dict[str, Any]) -> dict[str, Any]:
    """Check the keys of `new_words`, which the check of a piece's arguments, by their types alone, does not see."""
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
