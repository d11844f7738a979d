"""The leaderboard's candidates, from the arrays and the scores of `search_weights`."""

from collections.abc import Collection
from typing import Any

from numpy.typing import NDArray

from pipeline.artifacts.predictions import Predictions
from pipeline.metrics import fold_macro_f1
from pipeline.reporting.contents import Candidate


def list_candidates(
    predictions: Predictions,
    scores: dict[str, dict[str, dict[str, float]]],
    hidden: dict[str, dict[str, float]],
    kinds: dict[str, str],
    notes: dict[str, str],
    tuned: Collection[str],
    y_true: NDArray[Any],
    fold_ids: NDArray[Any],
    n_classes: int,
) -> list[Candidate]:
    """List a candidate for each pair of a fused candidate and class weights, the best nested score first.

    `scores` and `hidden`: {candidate: {method: …}}, as in reports/class_weights.json and reports/hidden.json.
    `kinds`: 'member' or 'external'; a name without a kind is a fusion. `notes`: what the leaderboard says beside a
    name. `tuned`: the methods of class weights that take something from labels.
    """
    rows = []
    for index, (name, method) in enumerate(zip(predictions.candidates, predictions.methods, strict=True)):
        score = scores[name][method]
        rows.append(
            Candidate(
                name=name,
                kind=kinds.get(name, "fusion"),
                weights=method,
                oof=score["oof"],
                nested=score["nested"],
                interval=(score["low"], score["high"]),
                fold_scores=fold_macro_f1(y_true, predictions.nested[index], fold_ids, n_classes).tolist(),
                hidden=hidden.get(name, {}).get(method),
                chosen=index == predictions.chosen,
                note=notes.get(name, ""),
                tuned=method in tuned,
            )
        )
    return sorted(rows, key=lambda row: -row.nested)
