"""What a submission was made of."""

import hashlib
from collections.abc import Mapping
from typing import Any


def make_manifest(submission: str, inputs: Mapping[str, str], chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The submission's SHA-256, the hash of each file that it was made from, and the pair that made it.

    dvc.lock is not among the inputs: it is being written while stages run. The inputs' own hashes stand in it.
    """
    return {
        "submission_sha256": hashlib.sha256(submission.encode()).hexdigest(),
        "chosen": dict(chosen),
        "inputs": dict(sorted(inputs.items())),
    }
