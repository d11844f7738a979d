"""Scratch folders: what a stage that was killed finds again, and another run never takes for its own."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.artifacts.hashes import hash_path, source_hashes
from pipeline.artifacts.paths import SCRATCH


def scratch_folder(name: str, inputs: Iterable[Path], settings: Mapping[str, Any], modules: Sequence[str]) -> Path:
    """`.scratch/<name>-<hash>`, the hash being one of all that determines the result.

    Args:
        name: what is made, for people.
        inputs: files and folders that are read; their contents count, not their names.
        settings: values for JSON.
        modules: the code that runs; what these import counts too (see `source_hashes`).

    Raises UserError where an input is missing.
    """
    content = {"inputs": [hash_path(path) for path in inputs], "settings": settings, "sources": source_hashes(modules)}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return SCRATCH / f"{name}-{digest[:16]}"
