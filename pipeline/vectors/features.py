"""Features of texts, from vectors of whatever kind."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from pipeline import registry
from pipeline.artifacts.atomic import read_json


def transform(folder: Path, texts: Sequence[str]) -> csr_matrix | NDArray[np.float32]:
    """The texts' features [N, F], by the kind that the folder's `settings.json` names."""
    features: csr_matrix | NDArray[np.float32]
    features = registry.load("vectors", read_json(folder / "settings.json")["kind"]).transform(folder, texts)
    return features
