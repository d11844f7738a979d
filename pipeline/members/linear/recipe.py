"""The recipe of a linear classifier: its keys in params.yaml and their rules."""

from collections.abc import Mapping
from typing import Any, Literal

from pipeline.fields.components import Problem
from pipeline.fields.section import Positive
from pipeline.members.recipe import Beside, MemberRecipe, words_of_vectors

MAX_LENGTH_CUTS = ()  # there is none: vectors read whole texts


class Recipe(MemberRecipe):
    """The recipe of a linear classifier on TF-IDF features or mean word vectors."""

    starts_from = ("tfidf", "word2vec")

    kind: Literal["linear"]
    classifier: Literal["svm", "logistic"]
    weighting: Literal["none", "naive_bayes"]
    C: Positive
    class_weights: Literal["none", "balanced"]

    @classmethod
    def check(cls, written: Mapping[str, Any], beside: Beside) -> list[Problem]:
        """Return the problem of Naive Bayes weighting on word vectors, which have no words to count."""
        if beside.start != "word2vec" or written.get("weighting") != "naive_bayes":
            return []
        message = "got 'naive_bayes', which counts words: vectors of kind tfidf are needed, or weighting: none"
        return [Problem(("weighting",), message)]

    def loads(self) -> list[tuple[str, str]]:
        """Return the words of the registry that make features of texts, each with its family."""
        return words_of_vectors()
