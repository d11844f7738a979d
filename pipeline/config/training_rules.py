"""Keys of a neural member that make no sense together."""

from collections.abc import Mapping
from typing import Any

from pipeline.config.pieces import Problem

# Losses that look at a batch as a whole: those of its parts do not add up to it.
WHOLE_BATCH_LOSSES = ("dice", "macro_f1")


def check_training(name: str, member: Mapping[str, Any], level_separator: Any) -> list[Problem]:
    """What is wrong between the keys of the member `name`, whose defaults are filled in."""
    rules = [
        ("accumulate", *_parts_of_a_batch(member)),
        ("adversarial", *_attacks(member)),
        ("unfreeze_every", *_unfreezing(member)),
        ("r_drop", *_r_drop(member)),
        ("levels", *_levels(member, level_separator)),
        ("layers", *_vectors(member, "layers", "last")),
        ("lora", *_vectors(member, "lora", None)),
    ]
    return [Problem(("members", name, key), message) for key, broken, message in rules if broken]


def word_of(piece: Any) -> Any:
    """The word of a piece that is written alone or with arguments."""
    return piece.get("name") if isinstance(piece, Mapping) else piece


def _parts_of_a_batch(member: Mapping[str, Any]) -> tuple[bool, str]:
    parts, batch_size = member.get("accumulate"), member.get("batch_size")
    if not isinstance(parts, int) or not isinstance(batch_size, int) or parts <= 1:
        return False, ""
    if parts > batch_size:
        return True, f"got {parts} parts of a batch of {batch_size} rows, at most one part a row is allowed"
    loss = word_of(member.get("loss"))
    whole = [f"loss {loss}"] if loss in WHOLE_BATCH_LOSSES else []
    whole += [key for key in ("contrastive", "flooding") if member.get(key) is not None]
    return bool(whole), f"got {parts}, but {' and '.join(whole)} needs the batch whole: 1 is allowed"


def _attacks(member: Mapping[str, Any]) -> tuple[bool, str]:
    attack = word_of(member.get("adversarial"))
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
    head = member.get("head")
    p = head.get("p") if isinstance(head, Mapping) else None
    return (
        member.get("r_drop") is not None and member.get("dropout") == 0 and p == 0,
        "two passes differ by their dropout alone, and there is none: raise dropout or head.p, or set r_drop to null",
    )


def _levels(member: Mapping[str, Any], level_separator: Any) -> tuple[bool, str]:
    return (
        member.get("levels") is not None and not level_separator,
        "labels have one level unless data.level_separator says what stands between levels, as '-' in 1-9",
    )


def _vectors(member: Mapping[str, Any], key: str, allowed: Any) -> tuple[bool, str]:
    """Word vectors are an encoder without layers."""
    source = member.get("from")
    on_vectors = isinstance(source, str) and source.removeprefix("./").startswith("models/vectors/")
    shown = "null" if allowed is None else allowed
    return (
        on_vectors and word_of(member.get(key)) != allowed,
        f"word vectors have no layers; {shown} is allowed here",
    )
