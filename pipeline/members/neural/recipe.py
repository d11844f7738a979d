"""The recipe of a fine-tuned encoder: its keys in params.yaml."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from pipeline import registry
from pipeline.fields.components import Problem, optional_piece, piece
from pipeline.fields.section import AtLeastOne, NotNegative, Positive, Section, Share
from pipeline.members.neural.rules import check_table, check_training
from pipeline.members.recipe import Beside, MemberRecipe, OwnPrecision, holds_tokens, holds_vectors

MAX_LENGTH_CUTS = ("tokens", "words")


class LearningRate(Section):
    """The peak learning rates, one for each part of the model."""

    embeddings: Positive
    encoder: Positive
    head: Positive


class Contrastive(Section):
    """A contrastive term on the pooled vectors, beside the classification loss."""

    loss: piece("contrastive")  # type: ignore[valid-type]
    weight: Positive
    on: Literal["samples", "samples_and_classes"]


class MultiSampleDropout(Section):
    """Several dropout masks before the classifier."""

    samples: AtLeastOne
    reduce: Literal["mean", "sum"]
    p: Annotated[float, Field(ge=0, lt=1)]


class Levels(Section):
    """A head for the labels' first level, beside the one for the classes."""

    weight: Positive
    prediction: Literal["flat", "hierarchical"]


class Lora(Section):
    """Low-rank updates in place of the encoder's own weights."""

    rank: AtLeastOne
    alpha: Positive
    dropout: Annotated[float, Field(ge=0, lt=1)]


class EarlyStop(Section):
    """When training ends before its last epoch, and on which rows and metric that is decided."""

    on: Literal["never", "inner", "fold"]
    metric: Literal["macro_f1", "accuracy", "loss"]
    share: Annotated[float, Field(gt=0, lt=0.5)]
    patience: AtLeastOne | None


class Recipe(MemberRecipe):
    """The recipe of a fine-tuned encoder: a transformer, or a table of word vectors."""

    starts_from = ("encoder", "word2vec")
    toy_limits: ClassVar = {"max_length": 48, "epochs": 1, "batch_size": 64, "evaluate_every": 3}

    kind: Literal["neural"]
    max_length: Annotated[int, Field(ge=8)]
    layers: piece("layers")  # type: ignore[valid-type]
    sequence: list[piece("sequence")]  # type: ignore[valid-type]
    poolers: Annotated[list[piece("poolers")], Field(min_length=1)]  # type: ignore[valid-type]
    combine: Literal["sum", "concat"]
    dropout: Share
    lora: Lora | None
    head: MultiSampleDropout
    levels: Levels | None
    loss: piece("losses")  # type: ignore[valid-type]
    class_weights: piece("imbalance")  # type: ignore[valid-type]
    contrastive: Contrastive | None
    r_drop: Positive | None
    adversarial: optional_piece("adversarial")  # type: ignore[valid-type]
    flooding: Positive | None
    averaging: optional_piece("averaging")  # type: ignore[valid-type]
    sampler: piece("samplers")  # type: ignore[valid-type]
    epochs: AtLeastOne
    batch_size: AtLeastOne
    accumulate: AtLeastOne
    learning_rate: LearningRate
    layer_decay: Annotated[float, Field(gt=0, le=1)]
    unfreeze_every: AtLeastOne | None
    schedule: piece("schedules")  # type: ignore[valid-type]
    warmup_ratio: Share
    weight_decay: NotNegative
    clip: Positive
    evaluate_every: AtLeastOne | None
    early_stop: EarlyStop
    threads: AtLeastOne
    precision: OwnPrecision

    @classmethod
    def check(cls, written: Mapping[str, Any], beside: Beside) -> list[Problem]:
        """Return the problems between keys that exclude each other, or do not fit what the member starts from."""
        problems = check_training(written, beside.level_separator)
        return problems + check_table(written) if beside.start == "word2vec" else problems

    def loads(self) -> list[tuple[str, str]]:
        """Return the words of the registry that read texts, each with its family.

        The segmentation of vectors stands in their folder, which is not there yet: any segmentation is returned.
        """
        segments = [component["segment"] for component in self.sequence if "segment" in component]
        of_tokens = [("readers", "tokens")]
        if segments:
            of_tokens = [("readers", "tokens_in_words"), ("segmentation", segments[0])]
        of_words = [("readers", "words"), *(("segmentation", word) for word in registry.words("segmentation"))]
        if holds_vectors(self.from_):
            return of_words
        return of_tokens if holds_tokens(self.from_) else [*of_tokens, *of_words]
