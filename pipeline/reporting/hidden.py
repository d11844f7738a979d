"""Scores against the answer key, as a hidden leaderboard would give them."""

from pathlib import Path
from typing import Any

import numpy as np

from pipeline.artifacts.predictions import Predictions
from pipeline.data.sources.read import read_table
from pipeline.errors import UserError
from pipeline.metrics import macro_f1


def score_hidden(key: Path | None, test_ids: list[str], predictions: Predictions, labels: list[str]) -> dict[str, Any]:
    """Compute the hidden macro-F1 of the submission and of every pair of candidate and class weights.

    `key`: the folder with test_labels.csv (id, label); None where there is no key, then no score is given.
    → `submission` and `scores`, {candidate: {method: macro-F1}}.
    Raises UserError when a test row has no label, or one that training lacks.
    """
    if key is None:
        return {"submission": None, "scores": {}}
    file = key / "test_labels.csv"
    answers = read_table(file, {"row_id": "id", "label": "label"}).rows
    label_of = dict(zip(answers["row_id"], answers["label"], strict=True))
    index = {label: number for number, label in enumerate(labels)}
    unknown = [row for row in test_ids if label_of.get(row) not in index]
    if unknown:
        raise UserError(f"{file}: test row {unknown[0]!r} has no label, or one that training lacks")
    y_true = np.array([index[label_of[row]] for row in test_ids])
    scores: dict[str, dict[str, float]] = {}
    for candidate, method, y_pred in zip(predictions.candidates, predictions.methods, predictions.test, strict=True):
        scores.setdefault(candidate, {})[method] = round(macro_f1(y_true, y_pred, len(labels)), 6)
    chosen = predictions.chosen
    return {"submission": scores[predictions.candidates[chosen]][predictions.methods[chosen]], "scores": scores}
