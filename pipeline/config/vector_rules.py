"""What members cannot do with the vectors that they start from."""

from collections.abc import Mapping
from typing import Any

from pipeline.config.pieces import Problem
from pipeline.config.training_rules import word_of

RECURRENT = ("lstm", "gru")


def check_vectors(name: str, member: Mapping[str, Any], vectors: Any) -> list[Problem]:
    """What is wrong with the member `name`, whose `from` is an entry of the kind `vectors`, or no vectors (None)."""
    of = (member.get("kind"), vectors)
    if of == ("neural", "tfidf"):
        needed = "an encoder or an entry of vectors of kind word2vec is needed"
        message = f"got {member['from']!r}, which has no vector for a word; {needed}"
        return [Problem(("members", name, "from"), message)]
    if of == ("neural", "word2vec"):
        return [Problem(("members", name, *key), message) for key, message in _table_problems(member)]
    if of == ("linear", "word2vec") and member.get("weighting") == "naive_bayes":
        message = "got 'naive_bayes', which counts words: vectors of kind tfidf are needed, or weighting: none"
        return [Problem(("members", name, "weighting"), message)]
    return []


def _table_problems(member: Mapping[str, Any]) -> list[tuple[tuple[str | int, ...], str]]:
    """A table of word vectors has no layers, no tokens inside words, and no token that stands for the text."""
    problems: list[tuple[tuple[str | int, ...], str]] = []
    layers, sequence, poolers = word_of(member.get("layers")), _words(member, "sequence"), _words(member, "poolers")
    if isinstance(layers, str) and layers != "last":
        problems.append(
            (("layers",), f"got {layers!r}, only last is allowed: word vectors have no layers to choose from")
        )
    if "word_conv" in sequence:
        message = "word_conv is for the tokens of a transformer: the tokens of word vectors are words already"
        problems.append((("sequence", sequence.index("word_conv")), message))
    if "cls" in poolers and not set(sequence) & set(RECURRENT):
        message = (
            "cls would read the first word alone: word vectors have no token for the whole text; mean, max, "
            "self_attention or dynamic_routing is allowed, or lstm or gru in sequence"
        )
        problems.append((("poolers", poolers.index("cls")), message))
    if member.get("lora") is not None:
        problems.append((("lora",), "is for transformers: word vectors have no matrices to update; set it to null"))
    return problems


def _words(member: Mapping[str, Any], key: str) -> list[Any]:
    pieces = member.get(key)
    return [word_of(piece) for piece in pieces] if isinstance(pieces, list) else []
