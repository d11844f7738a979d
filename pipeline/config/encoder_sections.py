"""The sections of `params.yaml` that say what members start from: checkpoints, encoders made here, their training."""

import re
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from pipeline.fields.components import piece, word
from pipeline.fields.section import (
    AtLeastOne,
    Count,
    NotNegative,
    Positive,
    Section,
    Share,
)

REVISION = re.compile(r"[0-9a-f]{40}")


def _check_revision(revision: str) -> str:
    if not REVISION.fullmatch(revision):
        raise ValueError(
            f"got {revision!r}, the whole hash of a commit is allowed, 40 hex digits: a branch or tag may move"
        )
    return revision


Split = Literal["whitespace", "punctuation", "characters"]


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
    """Settings of how the competition's vocabulary is mapped to the pretrained vocabulary."""

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
