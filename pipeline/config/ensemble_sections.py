"""The sections of `params.yaml` that say how members become one: their own logits, fusion, class weights."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, PlainValidator, model_validator

from pipeline.fields.components import piece
from pipeline.fields.messages import show
from pipeline.fields.section import (
    Count,
    Name,
    Names,
    NotNegative,
    Section,
    check_distinct,
)


def _check_rules(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    check_distinct([rule["name"] for rule in rules])
    return rules


def _check_shrinkage(shrinkage: Any) -> float | Literal["auto"]:
    if shrinkage == "auto":
        return "auto"
    if isinstance(shrinkage, bool) or not isinstance(shrinkage, int | float) or not 0 <= shrinkage <= 1:
        raise ValueError(f"got {show(shrinkage)}, a number from 0 to 1 or auto is allowed")
    return float(shrinkage)


class External(Section):
    """Logits of a member that was trained elsewhere."""

    from_: str = Field(alias="from")


class Ballot(Section):
    """A ballot: its voters and the rule by which they vote."""

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
