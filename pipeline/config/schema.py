"""The shape of `params.yaml`. What each key means stands as a comment in `defaults.yaml` beside it."""

import operator
from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import Field

from pipeline import registry
from pipeline.config.data_sections import Data, Folds, Stackdocs, Unlabelled
from pipeline.config.encoder_sections import Encoder, Hub, Scratch
from pipeline.config.ensemble_sections import ClassWeights, External, Fusion
from pipeline.config.word_sections import VECTOR_MODELS, Augment, Tfidf, Word2Vec
from pipeline.errors import UserError
from pipeline.fields.messages import one_of
from pipeline.fields.section import AtLeastOne, Count, Name, Section
from pipeline.members.recipe import MemberRecipe, Precision, load_recipe


class Runtime(Section):
    """Seed, threads and precision of all training."""

    seed: Count
    threads: AtLeastOne
    precision: Precision


MEMBER_RECIPES = {kind: load_recipe(kind) for kind in registry.words("kinds")}

if TYPE_CHECKING:
    MemberEntry: TypeAlias = MemberRecipe
else:
    MemberEntry = Annotated[reduce(operator.or_, MEMBER_RECIPES.values()), Field(discriminator="kind")]

# The sections whose entries say their kind, and the kinds of each. No two kinds have one name.
KINDS: dict[str, Mapping[str, type[Section]]] = {"members": MEMBER_RECIPES, "vectors": VECTOR_MODELS}


class Params(Section):
    """The whole of params.yaml, with every default filled in."""

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
        """Return the entry `name` of a section of named entries. Raises UserError where there is no such entry."""
        entries = getattr(self, section)
        if name not in entries:
            raise UserError(f"params.yaml: {section}: {one_of(name, list(entries))}")
        return entries[name]
