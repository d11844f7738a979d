"""Final predictions of every pair of a fused candidate and a way of weighting classes."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.atomic import atomic_path
from pipeline.artifacts.require import require_file


@dataclass(frozen=True)
class Predictions:
    """Final predictions of P pairs of a candidate and a class-weight method. N training rows, n test rows, C classes.

    Attributes:
        candidates: [P] names of the fused candidates.
        methods: [P] names of the class-weight methods.
        weights: [P, C], found on all training rows.
        nested: [P, N] class indices, every row predicted by weights (and fusion) tuned without its fold.
        test: [P, n] class indices.
        chosen: index of the pair that is submitted.
    """

    candidates: list[str]
    methods: list[str]
    weights: NDArray[np.float64]
    nested: NDArray[np.int32]
    test: NDArray[np.int32]
    chosen: int

    def unweighted(self, tuned: Collection[str]) -> int:
        """Return the index of the chosen candidate without class weights, by a method that is not one of `tuned`.

        Where no such method was tried, the index is that of the chosen pair.
        """
        pairs = enumerate(zip(self.candidates, self.methods, strict=True))
        chosen = self.candidates[self.chosen]
        return next((i for i, (name, method) in pairs if name == chosen and method not in tuned), self.chosen)


def write_predictions(path: Path, predictions: Predictions) -> None:
    """Write all pairs into one file."""
    with atomic_path(path) as temporary:
        np.savez(
            temporary,
            candidates=np.array(predictions.candidates, dtype=np.str_),
            methods=np.array(predictions.methods, dtype=np.str_),
            weights=predictions.weights,
            nested=predictions.nested,
            test=predictions.test,
            chosen=np.int64(predictions.chosen),
        )


def read_predictions(path: Path) -> Predictions:
    """Read the predictions that `write_predictions` wrote. Raises UserError where the file is missing."""
    require_file(path)
    with np.load(path, allow_pickle=False) as file:
        return Predictions(
            file["candidates"].tolist(),
            file["methods"].tolist(),
            file["weights"],
            file["nested"],
            file["test"],
            int(file["chosen"]),
        )
