"""The rules of a neural member's keys: which exclude each other, and which do not fit what the member starts from."""

from collections.abc import Mapping
from typing import Any

from pipeline import registry
from pipeline.fields.components import Problem

RECURRENT = ("lstm", "gru")


def check_training(member: Mapping[str, Any], level_separator: Any) -> list[Problem]:
    """Return the problems between keys of a member's training that exclude each other."""
    rules = [
        ("accumulate", *_parts_of_a_batch(member)),
        ("adversarial", *_attacks(member)),
        ("unfreeze_every", *_unfreezing(member)),
        ("r_drop", *_r_drop(member)),
        ("levels", *_levels(member, level_separator)),
        ("sequence", *_segmentations(member)),
    ]
    return [Problem((key,), message) for key, broken, message in rules if broken]


def check_table(member: Mapping[str, Any]) -> list[Problem]:
    """Return the problems of keys that do not fit a table of word vectors.

    Such a table has no layers, no tokens inside words, and no token that stands for the text.
    """
    problems: list[Problem] = []
    layers, sequence, poolers = _word_of(member.get("layers")), _words(member, "sequence"), _words(member, "poolers")
    if isinstance(layers, str) and layers != "last":
        message = f"got {layers!r}, only last is allowed: word vectors have no layers to choose from"
        problems.append(Problem(("layers",), message))
    if "word_conv" in sequence:
        message = "word_conv is for the tokens of a transformer: the tokens of word vectors are words already"
        problems.append(Problem(("sequence", sequence.index("word_conv")), message))
    if "cls" in poolers and not set(sequence) & set(RECURRENT):
        message = (
            "cls would read the first word alone: word vectors have no token for the whole text; mean, max, "
            "self_attention or dynamic_routing is allowed, or lstm or gru in sequence"
        )
        problems.append(Problem(("poolers", poolers.index("cls")), message))
    if member.get("lora") is not None:
        message = "is for transformers: word vectors have no matrices to update; set it to null"
        problems.append(Problem(("lora",), message))
    return problems


def _parts_of_a_batch(member: Mapping[str, Any]) -> tuple[bool, str]:
    parts, batch_size = member.get("accumulate"), member.get("batch_size")
    if not isinstance(parts, int) or not isinstance(batch_size, int) or parts <= 1:
        return False, ""
    if parts > batch_size:
        return True, f"got {parts} parts of a batch of {batch_size} rows, at most one part a row is allowed"
    loss = _word_of(member.get("loss"))
    of_batch = loss in registry.words("losses") and "BatchLoss" in registry.bases("losses", loss)
    whole = [f"loss {loss}"] if of_batch else []
    whole += [key for key in ("contrastive", "flooding") if member.get(key) is not None]
    return bool(whole), f"got {parts}, but {' and '.join(whole)} needs the batch whole: 1 is allowed"


def _attacks(member: Mapping[str, Any]) -> tuple[bool, str]:
    attack = _word_of(member.get("adversarial"))
    by = "unfreeze_every" if member.get("unfreeze_every") is not None else "lora"
    return (
        attack is not None and member.get(by) is not None,
        f"{attack} needs the gradients of weights that {by} keeps frozen; leave one of the two out",
    )


def _unfreezing(member: Mapping[str, Any]) -> tuple[bool, str]:
    return (
        member.get("unfreeze_every") is not None and member.get("lora") is not None,
        "lora keeps the encoder's own weights frozen to the end; leave one of the two out",
    )


def _r_drop(member: Mapping[str, Any]) -> tuple[bool, str]:
    rates = [member.get("dropout")]
    for part, key in (("head", "p"), ("lora", "dropout")):
        settings = member.get(part)
        rates += [settings.get(key)] if isinstance(settings, Mapping) else []
    return (
        member.get("r_drop") is not None and all(rate == 0 for rate in rates),
        "two passes differ by their dropout alone, and there is none: raise dropout or head.p, or set r_drop to null",
    )


def _levels(member: Mapping[str, Any], level_separator: Any) -> tuple[bool, str]:
    return (
        member.get("levels") is not None and not level_separator,
        "labels have one level unless data.level_separator says what stands between levels, as '-' in 1-9",
    )


def _segmentations(member: Mapping[str, Any]) -> tuple[bool, str]:
    sequence = member.get("sequence")
    pieces = [piece for piece in sequence if isinstance(piece, Mapping)] if isinstance(sequence, list) else []
    segments = sorted({str(piece["segment"]) for piece in pieces if "segment" in piece})
    return len(segments) > 1, f"got word_conv with segment {' and '.join(segments)}; a text is cut into words one way"


def _words(member: Mapping[str, Any], key: str) -> list[Any]:
    pieces = member.get(key)
    return [_word_of(piece) for piece in pieces] if isinstance(pieces, list) else []


def _word_of(piece: Any) -> Any:
    """Return the word of a piece that is written alone or with arguments."""
    return piece.get("name") if isinstance(piece, Mapping) else piece
