"""The base of all kinds' recipes, and the facts that a kind states before anything trains.

Recipes are read, checked and planned without torch: a kind's own `recipe.py` imports none.
"""

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, TypeAlias

from pydantic import BeforeValidator, Field

from pipeline import registry
from pipeline.artifacts.atomic import read_json
from pipeline.artifacts.paths import ALIGNED, ENCODERS, PRETRAINED, VECTORS
from pipeline.errors import UserError
from pipeline.fields.build import build
from pipeline.fields.components import Problem
from pipeline.fields.section import Count, Names, Section

Precision: TypeAlias = Literal["fp32", "bf16", "fp16"]
# A member's own precision; null, which stands for that of `runtime`, is filled in before.
OwnPrecision = Annotated[Precision, BeforeValidator(lambda precision: "fp32" if precision is None else precision)]
Start: TypeAlias = Literal["encoder", "tfidf", "word2vec"]  # an encoder, or an entry of vectors of that kind


class Beside(NamedTuple):
    """The facts beside a member's own keys that its rules read: its start, as far as known, and the label levels."""

    start: Start | None
    level_separator: Any


class MemberRecipe(Section):
    """A member of an ensemble as params.yaml describes it, every default filled in.

    A kind's own recipe is a subclass named `Recipe` in the module `recipe` beside the module that the registry names;
    beside the subclass stands MAX_LENGTH_CUTS, see `load_limits`.

    Attributes:
        starts_from: what `from` may name.
    """

    starts_from: ClassVar[Sequence[Start]] = ("encoder", "tfidf", "word2vec")

    kind: str
    from_: str = Field(alias="from")
    augment: Names
    seed: Count

    @classmethod
    def check(cls, written: Mapping[str, Any], beside: Beside) -> list[Problem]:
        """Return the problems between the keys of a member, each located by the member's own keys.

        `written` has every default filled in and need not be valid: a value of another form than it should have is
        reported elsewhere and passed over here.
        """
        return []

    def loads(self) -> list[tuple[str, str]]:
        """Return the words of the registry that the kind loads without being given them, each with its family."""
        return []


def load_recipe(kind: str) -> type[MemberRecipe]:
    """Import the class of a kind's recipes."""
    recipe: type[MemberRecipe] = importlib.import_module(recipe_module(kind)).Recipe
    return recipe


def load_limits(kind: str) -> Sequence[str]:
    """Return what a kind's `max_length` cuts texts by: `tokens` of an encoder, `words` of word vectors, or nothing."""
    limits: Sequence[str] = importlib.import_module(recipe_module(kind)).MAX_LENGTH_CUTS
    return limits


def read_recipe(file: Path) -> MemberRecipe:
    """Read a recipe as `finetune` wrote it: the part of its plan that describes the member.

    Raises UserError for a recipe of another version of its kind.
    """
    content = read_json(file)
    known = content.get("kind") in registry.words("kinds")
    recipe_type = load_recipe(content["kind"]) if known else MemberRecipe
    keys = {field.alias or name for name, field in recipe_type.model_fields.items()}
    if content.keys() != keys:
        differing = ", ".join(sorted(content.keys() ^ keys))
        raise UserError(f"{file}: made by other code, which differs in {differing}; `dvc repro` makes the member again")
    recipe: MemberRecipe = build(recipe_type, content)
    return recipe


def holds_tokens(source: str) -> bool:
    """Return whether a path leads to an encoder that a stage has made."""
    return any(folder in Path(source).parents for folder in (PRETRAINED, ALIGNED, ENCODERS))


def holds_vectors(source: str) -> bool:
    """Return whether a path leads to vectors that a stage has made."""
    return VECTORS in Path(source).parents


def words_of_vectors() -> list[tuple[str, str]]:
    """Return the words that features by vectors may load, each with its family: all kinds and all segmentations.

    Which of them are needed stands in the vectors' folder, which is not there yet.
    """
    return [(family, word) for family in ("segmentation", "vectors") for word in registry.words(family)]


def recipe_module(kind: str) -> str:
    """Return the module of a kind's recipes, which stands beside the module that the registry names."""
    return f"{registry.module_of('kinds', kind).rpartition('.')[0]}.recipe"
