"""Search class weights for every candidate and choose a pair: `python -m stages.search_weights`."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from pipeline.runtime.cli import run_stage, say

if TYPE_CHECKING:
    from pipeline.config.schema import ClassWeights
    from pipeline.metrics.arrays import IntArray
    from pipeline.plan.entries import Entry

Rows = dict[str, dict[str, dict[str, float]]]  # candidate -> method -> its figures
FIRST = 6  # pairs, the best nested ones, that the chosen one is compared with


def main() -> None:
    """Write models/predictions.npz, models/decision and reports/class_weights.json."""
    from pipeline.plan.current import run_entry

    run_entry(run, "search_weights")


def run(entry: "Entry") -> None:
    """Search weights for every candidate, and choose one of the pairs."""
    import numpy as np

    from pipeline import registry
    from pipeline.artifacts.atomic import read_json, write_json
    from pipeline.artifacts.fused import read_fused
    from pipeline.artifacts.paths import CLASS_WEIGHTS_REPORT, DECISION, FUSED, FUSION_REPORT, LABELS, PREDICTIONS
    from pipeline.artifacts.predictions import Predictions, write_predictions
    from pipeline.artifacts.tables import read_scored_rows
    from pipeline.class_weights import SearchedPair, choose, complexity, search_pair
    from pipeline.config.reading import row_reading
    from pipeline.decision.artifact import write_decision
    from pipeline.decision.make import make_decision
    from pipeline.metrics import bootstrap_interval
    from pipeline.runtime.devices import count_cores
    from pipeline.runtime.progress import Progress

    settings = entry.params.class_weights
    labels = read_json(LABELS)["labels"]
    n_classes = len(labels)
    fusion = read_json(FUSION_REPORT)
    _, y, (folds, *_) = read_scored_rows()

    methods = {piece["name"]: registry.make("class_weights", piece) for piece in settings.methods}
    pairs = [(candidate, method) for candidate in fusion["scores"] for method in methods]

    def search_one(pair: tuple[str, str]) -> SearchedPair:
        candidate, method = pair
        fused = read_fused(FUSED / f"{candidate}.npz")
        nested = fused.nested if fused.tuned else fused.oof
        return search_pair(fused.oof, nested, fused.test, y, folds, methods[method], settings.seed, settings.shrinkage)

    searched: list[SearchedPair] = []
    rows: Rows = {}
    # Threads, because what takes the time is compiled code that lets the interpreter go.
    with Progress(len(pairs), "class weights", "pair") as progress, ThreadPoolExecutor(count_cores()) as pool:
        for (candidate, method), pair in zip(pairs, pool.map(search_one, pairs), strict=True):
            searched.append(pair)
            interval = bootstrap_interval(y, pair.nested, n_classes, settings.bootstrap_samples, settings.seed)
            rows.setdefault(candidate, {})[method] = {
                "oof": round(pair.found.score, 6),
                **_score(y, pair.nested, folds, n_classes),
                "low": round(interval.low, 6),
                "high": round(interval.high, 6),
                "shrinkage": pair.found.shrinkage,
            }
            progress.update(1, f"{candidate}, {method}")
    fitted = fusion["fitted"]
    complexities = [complexity(methods[method], n_classes, fitted.get(candidate, 0)) for candidate, method in pairs]

    predictions = np.stack([pair.nested for pair in searched])
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
    without_two = [pair.without_two for pair in searched if pair.without_two is not None]
    if without_two:
        report["selection"] = _score_choice(np.stack(without_two), y, folds, n_classes, complexities, pairs, settings)
    write_predictions(
        PREDICTIONS,
        Predictions(
            [candidate for candidate, _ in pairs],
            [method for _, method in pairs],
            np.stack([pair.found.weights for pair in searched]),
            predictions.astype(np.int32),
            np.stack([pair.test for pair in searched]).astype(np.int32),
            chosen,
        ),
    )
    weights, reading = searched[chosen].found.weights, row_reading(entry.params.data)
    external = entry.params.external
    section = entry.settings["fusion"]
    decision = make_decision(pairs[chosen], weights, section, fusion["members"], external, reading)
    write_decision(DECISION, decision)
    write_json(CLASS_WEIGHTS_REPORT, report)
    best = report["chosen"]
    say(f"chosen: {best['candidate']} with {best['method']} class weights, nested macro-F1 {best['nested']:.4f}")
    if without_two:
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
