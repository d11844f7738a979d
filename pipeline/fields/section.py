"""A section of `params.yaml`, and the types of values that many sections share."""

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Section(BaseModel):
    """A mapping in params.yaml: unknown keys and wrong types are refused.

    Attributes:
        toy_limits: the most that a toy run allows for the number under each of these keys.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    toy_limits: ClassVar[Mapping[str, int]] = {}


def check_distinct(words: list[str]) -> list[str]:
    """Return the words. Raises ValueError where a word stands twice."""
    repeated = [word for word in words if words.count(word) > 1]
    if repeated:
        raise ValueError(f"{repeated[0]!r} stands in the list twice")
    return words


def check_name(name: str) -> str:
    """Return the name. Raises ValueError unless the name is of small letters, digits and single hyphens."""
    if not NAME.fullmatch(name):
        raise ValueError(
            f"got {name!r}, a name of small letters, digits and single hyphens is allowed, as in 'bert-ce'"
        )
    return name


Name = Annotated[str, AfterValidator(check_name)]
Names = Annotated[list[Name], AfterValidator(check_distinct)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
AtLeastOne = Annotated[int, Field(ge=1)]
