"""The recipe of a multi-layer perceptron: its keys in params.yaml."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from pipeline.fields.components import piece
from pipeline.fields.section import AtLeastOne, NotNegative, Positive
from pipeline.members.recipe import MemberRecipe, OwnPrecision, holds_tokens, holds_vectors, words_of_vectors

MAX_LENGTH_CUTS = ("tokens",)  # vectors read whole texts


class Recipe(MemberRecipe):
    """The recipe of a multi-layer perceptron on the features of an encoder or of vectors."""

    toy_limits: ClassVar = {"max_length": 48, "epochs": 1, "batch_size": 64}

    kind: Literal["mlp"]
    max_length: Annotated[int, Field(ge=8)]
    hidden: Annotated[list[AtLeastOne], Field(min_length=1)]
    class_weights: piece("imbalance")  # type: ignore[valid-type]
    epochs: AtLeastOne
    batch_size: AtLeastOne
    learning_rate: Positive
    weight_decay: NotNegative
    threads: AtLeastOne
    precision: OwnPrecision

    def loads(self) -> list[tuple[str, str]]:
        """Return the words of the registry that make features of texts, each with its family.

        A folder of one's own may hold an encoder or vectors: then the words of either are returned.
        """
        if holds_vectors(self.from_):
            return words_of_vectors()
        of_tokens = [("readers", "tokens")]
        return of_tokens if holds_tokens(self.from_) else [*of_tokens, *words_of_vectors()]
