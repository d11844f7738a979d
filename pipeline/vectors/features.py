"""Features of texts, from vectors of whatever kind."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from pipeline import registry
from pipeline.artifacts.atomic import read_json

Features: TypeAlias = csr_matrix | NDArray[np.float32]


def is_vectors(folder: Path) -> bool:
    """Say whether a folder holds vectors, and no Hugging Face encoder."""
    return (folder / "settings.json").exists()


def load_transform(folder: Path) -> Callable[[Sequence[str]], Features]:
    """Load the function from texts to features [N, F], by the kind that the folder's `settings.json` names."""
    kind = registry.load("vectors", read_json(folder / "settings.json")["kind"])
    read: Callable[[Sequence[str]], Features] = kind.load_transform(folder)
    return read
