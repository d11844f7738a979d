"""Search class weights for every candidate and choose a pair: `python -m stages.search_weights`."""

from functools import partial
from typing import TYPE_CHECKING, Any

from pipeline.runtime.cli import run_stage, say

if TYPE_CHECKING:
    from pipeline.config.schema import ClassWeights
    from pipeline.metrics.arrays import IntArray

Rows = dict[str, dict[str, dict[str, float]]]  # candidate -> method -> its figures
FIRST = 6  # pairs, the best nested ones, that the chosen one is compared with


def main() -> None:
    """Write models/predictions.npz and reports/class_weights.json."""
    import numpy as np

    from pipeline.artifacts.atomic import read_json, write_json
    from pipeline.artifacts.folds import read_fold_ids
    from pipeline.artifacts.fused import read_fused
    from pipeline.artifacts.paths import CLASS_WEIGHTS_REPORT, FUSED, FUSION_REPORT, LABELS, PREDICTIONS, TRAIN
    from pipeline.artifacts.predictions import Predictions, write_predictions
    from pipeline.artifacts.tables import read_table
    from pipeline.class_weights import choose, complexity, nested_score, nested_twice, predict_labels, search
    from pipeline.config import load_params
    from pipeline.metrics import bootstrap_interval
    from pipeline.runtime.progress import Progress

    params = load_params()
    settings = params.class_weights
    labels = read_json(LABELS)["labels"]
    n_classes = len(labels)
    fusion = read_json(FUSION_REPORT)
    train = read_table(TRAIN, ["row_id", "label_id"])
    y = train["label_id"].to_numpy()
    folds = read_fold_ids(train["row_id"].to_numpy(dtype=str))[0]
    twice = folds.max() >= 2  # with two folds nothing is left to search on without two

    pieces = {piece["name"]: {key: piece[key] for key in piece if key != "name"} for piece in settings.methods}
    pairs = [(candidate, method) for candidate in fusion["scores"] for method in pieces]
    weights, nested, without_two, test, complexities = [], [], [], [], []
    rows: Rows = {}
    with Progress(len(pairs), "class weights", "pair") as progress:
        for candidate, method in pairs:
            fused = read_fused(FUSED / f"{candidate}.npz")
            options: dict[str, Any] = {"seed": settings.seed, "shrinkage": settings.shrinkage, **pieces[method]}
            found = search(fused.oof, y, method, **options)
            if twice:
                without_two.append(nested_twice(fused.nested, y, folds, method, **options))
                nested.append(without_two[-1][folds, np.arange(len(y))])
            else:
                nested.append(nested_score(fused.nested, y, folds, method, **options).predictions)
            weights.append(found.weights)
            test.append(predict_labels(fused.test, found.weights))
            is_fixed = fused.nested.strides[0] == 0  # the fusion learned nothing: it is the same without any fold
            complexities.append(complexity(method, n_classes, 0 if is_fixed else len(fusion["members"])))
            interval = bootstrap_interval(y, nested[-1], n_classes, settings.bootstrap_samples, settings.seed)
            rows.setdefault(candidate, {})[method] = {
                "oof": round(found.score, 6),
                **_score(y, nested[-1], folds, n_classes),
                "low": round(interval.low, 6),
                "high": round(interval.high, 6),
                "shrinkage": found.shrinkage,
            }
            progress.update(1, f"{candidate}, {method}")

    predictions = np.stack(nested)
    chosen = choose(predictions, y, n_classes, complexities, settings.choose, settings.seed)
    compare = partial(_difference, y, predictions, n_classes, settings.bootstrap_samples, settings.seed)
    scores = np.array([rows[candidate][method]["nested"] for candidate, method in pairs])
    first = [pair for pair in np.argsort(-scores, kind="stable")[:FIRST].tolist() if pair != chosen]
    report: dict[str, Any] = {
        "chosen": _named(pairs, rows, chosen),
        "scores": rows,
        "chosen_against": [_named(pairs, rows, pair) | compare(chosen, pair) for pair in first],
    }
    is_member = np.array([candidate in fusion["members"] for candidate, _ in pairs])
    if not is_member.all():
        member = int(np.where(is_member, scores, -1).argmax())
        ensemble = int(np.where(is_member, -1, scores).argmax())
        report["gain"] = {
            "ensemble": _named(pairs, rows, ensemble),
            "member": _named(pairs, rows, member),
            **compare(ensemble, member),
        }
    if twice:
        report["selection"] = _score_choice(np.stack(without_two), y, folds, n_classes, complexities, pairs, settings)
    write_predictions(
        PREDICTIONS,
        Predictions(
            [candidate for candidate, _ in pairs],
            [method for _, method in pairs],
            np.stack(weights),
            predictions.astype(np.int32),
            np.stack(test).astype(np.int32),
            chosen,
        ),
    )
    write_json(CLASS_WEIGHTS_REPORT, report)
    best = report["chosen"]
    say(f"chosen: {best['candidate']} with {best['method']} class weights, nested macro-F1 {best['nested']:.4f}")
    if twice:
        say(f"nested macro-F1 of the choice itself: {report['selection']['nested']:.4f}")


def _score(y: "IntArray", predictions: "IntArray", folds: "IntArray", n_classes: int) -> dict[str, float]:
    from pipeline.metrics import fold_macro_f1, macro_f1

    of_folds = fold_macro_f1(y, predictions, folds, n_classes)
    return {
        "nested": round(macro_f1(y, predictions, n_classes), 6),
        "fold_mean": round(float(of_folds.mean()), 6),
        "fold_std": round(float(of_folds.std(ddof=1)), 6),
    }


def _score_choice(
    without_two: "IntArray",
    y: "IntArray",
    folds: "IntArray",
    n_classes: int,
    complexities: list[tuple[int, int]],
    pairs: list[tuple[str, str]],
    settings: "ClassWeights",
) -> dict[str, Any]:
    """The nested score of the choice between pairs, and what was chosen without each fold."""
    from pipeline.class_weights import nested_choice
    from pipeline.metrics import bootstrap_interval

    choice = nested_choice(without_two, y, folds, n_classes, complexities, settings.choose, settings.seed)
    interval = bootstrap_interval(y, choice.predictions, n_classes, settings.bootstrap_samples, settings.seed)
    return {
        "rule": settings.choose,
        **_score(y, choice.predictions, folds, n_classes),
        "low": round(interval.low, 6),
        "high": round(interval.high, 6),
        "chosen_without_fold": [dict(zip(("candidate", "method"), pairs[pair], strict=True)) for pair in choice.chosen],
    }


def _difference(
    y: "IntArray", predictions: "IntArray", n_classes: int, n_samples: int, seed: int, a: int, b: int
) -> dict[str, float]:
    """Nested macro-F1 of pair a minus that of pair b, with its paired interval."""
    from pipeline.metrics import paired_bootstrap

    gap = paired_bootstrap(y, predictions[a], predictions[b], n_classes, n_samples, seed)
    return {"difference": round(gap.value, 6), "low": round(gap.low, 6), "high": round(gap.high, 6)}


def _named(pairs: list[tuple[str, str]], rows: Rows, index: int) -> dict[str, Any]:
    candidate, method = pairs[index]
    return {"candidate": candidate, "method": method, **rows[candidate][method]}


if __name__ == "__main__":
    run_stage(main)
