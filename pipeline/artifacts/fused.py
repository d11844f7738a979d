"""Fused candidates: one file each, with scores on OOF, nested and on test."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.atomic import atomic_path
from pipeline.artifacts.require import require_file


@dataclass(frozen=True)
class FusedScores:
    """The scores of a candidate, larger is better. N training rows, n test rows, C classes, K folds.

    Attributes:
        oof: [N, C], tuned on all training rows.
        nested: [K, N, C], entry k tuned without the rows of fold k.
        test: [n, C], tuned on all training rows.
        tuned: if false, every entry of `nested` is `oof`: nothing was tuned, or the same came out without any fold.
    """

    oof: NDArray[np.floating]
    nested: NDArray[np.floating]
    test: NDArray[np.floating]
    tuned: bool


def write_fused(path: Path, fused: FusedScores) -> None:
    """Write a candidate's scores. Nested scores that are the OOF scores in every fold are stored once."""
    tuned = fused.tuned and not all(np.array_equal(scores, fused.oof) for scores in fused.nested)
    nested = fused.nested if tuned else fused.nested[:0]
    with atomic_path(path) as temporary:
        np.savez(temporary, oof=fused.oof, nested=nested, test=fused.test, n_folds=np.int64(len(fused.nested)))


def read_fused(path: Path) -> FusedScores:
    """Read the scores that `write_fused` wrote. Raises UserError where the file is missing."""
    require_file(path)
    with np.load(path, allow_pickle=False) as file:
        oof, nested, n_folds = file["oof"], file["nested"], int(file["n_folds"])
        tuned = len(nested) > 0
        if not tuned:
            nested = np.broadcast_to(oof, (n_folds, *oof.shape))
        return FusedScores(oof, nested, file["test"], tuned)
