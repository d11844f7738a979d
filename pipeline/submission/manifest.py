"""The manifest of a submission: what the submission was made of."""

import hashlib
from collections.abc import Mapping
from typing import Any


def make_manifest(
    submission: str,
    inputs: Mapping[str, str],
    chosen: Mapping[str, Any],
    made_on: Mapping[str, Mapping[str, Mapping[str, str]]],
) -> dict[str, Any]:
    """Return the submission's SHA-256, the hash of each file that it was made from, and the pair that made it.

    `made_on` says of each member which device, instruction sets and versions each of its folds was made on. Members
    whose folds were made on different ones are named with them: their bytes may be those of no single machine.

    dvc.lock is not among the inputs: it is being written while stages run. The inputs' own hashes stand in it.
    """
    mixed = {member: _by_place(folds) for member, folds in made_on.items()}
    mixed = {member: places for member, places in mixed.items() if len(places) > 1}
    return {
        "submission_sha256": hashlib.sha256(submission.encode()).hexdigest(),
        "chosen": dict(chosen),
        "inputs": dict(sorted(inputs.items())),
        **({"folds_made_on": mixed} if mixed else {}),
    }


def _by_place(folds: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    """Return each different machine that folds were made on, once, with the names of its folds."""
    places = [dict(place) for place in folds.values()]
    unique = [place for index, place in enumerate(places) if place not in places[:index]]
    return [{"folds": [name for name in folds if dict(folds[name]) == place], **place} for place in unique]
