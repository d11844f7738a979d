"""Search class weights for every candidate and choose a pair: `python -m stages.search_weights`."""

from typing import Any

from pipeline.runtime.cli import run_stage, say


def main() -> None:
    """Write models/predictions.npz and reports/class_weights.json."""
    import numpy as np

    from pipeline.artifacts.atomic import read_json, write_json
    from pipeline.artifacts.folds import read_fold_ids
    from pipeline.artifacts.fused import read_fused
    from pipeline.artifacts.paths import CLASS_WEIGHTS_REPORT, FUSED, FUSION_REPORT, LABELS, PREDICTIONS, TRAIN
    from pipeline.artifacts.predictions import Predictions, write_predictions
    from pipeline.artifacts.tables import read_table
    from pipeline.class_weights import nested_score, predict_labels, search
    from pipeline.config import load_params
    from pipeline.metrics import bootstrap_interval, paired_bootstrap
    from pipeline.runtime.progress import Progress

    params = load_params()
    settings = params.class_weights
    labels = read_json(LABELS)["labels"]
    fusion = read_json(FUSION_REPORT)
    train = read_table(TRAIN, ["row_id", "label_id"])
    y = train["label_id"].to_numpy()
    folds = read_fold_ids(train["row_id"].to_numpy(dtype=str))[0]

    pairs = [(candidate, method) for candidate in fusion["scores"] for method in settings.methods]
    weights, nested, test = [], [], []
    rows: dict[str, dict[str, dict[str, float]]] = {}
    with Progress(len(pairs), "class weights", "pair") as progress:
        for candidate, method in pairs:
            fused = read_fused(FUSED / f"{candidate}.npz")
            found = search(fused.oof, y, method, settings.seed, settings.shrinkage)
            honest = nested_score(fused.nested, y, folds, method, settings.seed, settings.shrinkage)
            interval = bootstrap_interval(y, honest.predictions, len(labels), settings.bootstrap_samples, settings.seed)
            weights.append(found.weights)
            nested.append(honest.predictions)
            test.append(predict_labels(fused.test, found.weights))
            rows.setdefault(candidate, {})[method] = {
                "oof": round(found.score, 6),
                "nested": round(honest.score, 6),
                "low": round(interval.low, 6),
                "high": round(interval.high, 6),
            }
            progress.update(1, f"{candidate}, {method}")

    scores = np.array([rows[candidate][method]["nested"] for candidate, method in pairs])
    is_member = np.array([candidate in fusion["members"] for candidate, _ in pairs])
    chosen = int(scores.argmax())  # of equal pairs the first: members come before fusions, rules as in params.yaml
    report: dict[str, Any] = {"chosen": _named(pairs, rows, chosen), "scores": rows}
    if not is_member.all():
        member = int(np.where(is_member, scores, -1).argmax())
        ensemble = int(np.where(is_member, -1, scores).argmax())
        gain = paired_bootstrap(
            y, nested[ensemble], nested[member], len(labels), settings.bootstrap_samples, settings.seed
        )
        report["gain"] = {
            "ensemble": _named(pairs, rows, ensemble),
            "member": _named(pairs, rows, member),
            "difference": round(gain.value, 6),
            "low": round(gain.low, 6),
            "high": round(gain.high, 6),
        }
    write_predictions(
        PREDICTIONS,
        Predictions(
            [candidate for candidate, _ in pairs],
            [method for _, method in pairs],
            np.stack(weights),
            np.stack(nested).astype(np.int32),
            np.stack(test).astype(np.int32),
            chosen,
        ),
    )
    write_json(CLASS_WEIGHTS_REPORT, report)
    best = report["chosen"]
    say(f"chosen: {best['candidate']} with {best['method']} class weights, nested macro-F1 {best['nested']:.4f}")


def _named(
    pairs: list[tuple[str, str]], rows: dict[str, dict[str, dict[str, float]]], index: int
) -> dict[str, str | float]:
    candidate, method = pairs[index]
    return {"candidate": candidate, "method": method, **rows[candidate][method]}


if __name__ == "__main__":
    run_stage(main)
