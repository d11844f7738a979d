"""Members' probabilities, read from their logits."""

from collections.abc import Sequence

import numpy as np

from pipeline.artifacts.logits import read_oof, read_test
from pipeline.artifacts.paths import OOF_LOGITS, TEST_LOGITS
from pipeline.fusion import softmax
from pipeline.metrics.arrays import FloatArray, IntArray


def oof_probabilities(
    members: Sequence[str], row_id: Sequence[str], repeats: IntArray, labels: Sequence[str]
) -> FloatArray:
    """Compute the softmax of members' out-of-fold logits, in the mean of the repeats of folds [R, N]: → [M, N, C]."""
    return np.stack([_probabilities(read_oof(OOF_LOGITS / name, row_id, repeats, labels)) for name in members])


def test_probabilities(
    members: Sequence[str], row_id: Sequence[str], n_models: int, labels: Sequence[str]
) -> FloatArray:
    """Compute the softmax of each member's test logits, in the mean of its fold models: → [M, n, C]."""
    return np.stack([_probabilities(read_test(TEST_LOGITS / name, row_id, n_models, labels)) for name in members])


def _probabilities(logits: FloatArray) -> FloatArray:
    return softmax(logits.mean(axis=0, dtype=np.float64))
