"""Search class weights for every candidate, and choose one of the pairs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pipeline import registry
from pipeline.artifacts.atomic import read_json, write_json
from pipeline.artifacts.fused import read_fused
from pipeline.artifacts.paths import CLASS_WEIGHTS_REPORT, DECISION, FUSED, FUSION_REPORT, LABELS, PREDICTIONS
from pipeline.artifacts.predictions import Predictions, write_predictions
from pipeline.artifacts.tables import read_scored_rows
from pipeline.class_weights import Method, SearchedPair, choose, complexity, nested_choice, search_pair
from pipeline.config.reading import row_reading
from pipeline.decision.artifact import Decision, write_decision
from pipeline.decision.make import make_decision
from pipeline.metrics import bootstrap_interval, nested_figures, paired_bootstrap
from pipeline.metrics.arrays import BoolArray, FloatArray, IntArray
from pipeline.runtime.devices import count_cores
from pipeline.runtime.messages import say
from pipeline.runtime.progress import Progress

if TYPE_CHECKING:
    from pipeline.config.ensemble_sections import ClassWeights
    from pipeline.plan.entries import Entry

FIRST = 6  # pairs, the best nested ones, that the chosen one is compared with


class Pair(NamedTuple):
    """A fused candidate and the method of its class weights."""

    candidate: str
    method: str


def run(entry: "Entry") -> None:
    """Search weights for every candidate, and choose one of the pairs."""
    settings = entry.params.class_weights
    n_classes, fusion = len(read_json(LABELS)["labels"]), read_json(FUSION_REPORT)
    _, y, (folds, *_) = read_scored_rows()
    methods = {piece["name"]: registry.make("class_weights", piece) for piece in settings.methods}
    pairs = [Pair(candidate, method) for candidate in fusion["scores"] for method in methods]

    searched, figures = [], []
    for found in _search_all(pairs, methods, y, folds, settings):
        searched.append(found)
        figures.append(_figures(found, y, folds, n_classes, settings))
    fitted = fusion["fitted"]
    complexities = [complexity(methods[pair.method], n_classes, fitted.get(pair.candidate, 0)) for pair in pairs]
    nested = np.stack([found.nested for found in searched])
    chosen = choose(nested, y, n_classes, complexities, settings.choose, settings.seed)

    compare = partial(_difference, y, nested, n_classes, settings.bootstrap_samples, settings.seed)
    is_member = np.array([pair.candidate in fusion["members"] for pair in pairs])
    report = _report(pairs, figures, chosen, is_member, compare)
    without_two = [found.without_two for found in searched if found.without_two is not None]
    if without_two:
        report["selection"] = _score_choice(np.stack(without_two), y, folds, n_classes, complexities, pairs, settings)
    write_predictions(PREDICTIONS, _predictions(pairs, searched, chosen))
    write_decision(DECISION, _decision(entry, pairs[chosen], searched[chosen].found.weights, fusion["members"]))
    write_json(CLASS_WEIGHTS_REPORT, report)
    best = report["chosen"]
    say(f"chosen: {best['candidate']} with {best['method']} class weights, nested macro-F1 {best['nested']:.4f}")
    if without_two:
        say(f"nested macro-F1 of the choice itself: {report['selection']['nested']:.4f}")


def _decision(entry: "Entry", chosen: Pair, weights: FloatArray, members: list[str]) -> Decision:
    """Make the decision by which the finished ensemble answers from the chosen pair."""
    params, section = entry.params, entry.settings["fusion"]
    return make_decision(chosen, weights, section, members, params.external, row_reading(params.data))


def _search_all(
    pairs: Sequence[Pair], methods: Mapping[str, Method], y: IntArray, folds: IntArray, settings: "ClassWeights"
) -> Iterator[SearchedPair]:
    """Search class weights for each pair, and yield the results in the order of the pairs."""

    def search_one(pair: Pair) -> SearchedPair:
        fused = read_fused(FUSED / f"{pair.candidate}.npz")
        nested = fused.nested if fused.tuned else fused.oof
        method = methods[pair.method]
        return search_pair(fused.oof, nested, fused.test, y, folds, method, settings.seed, settings.shrinkage)

    # Threads, because what takes the time is compiled code that lets the interpreter go.
    with Progress(len(pairs), "class weights", "pair") as progress, ThreadPoolExecutor(count_cores()) as pool:
        for pair, found in zip(pairs, pool.map(search_one, pairs), strict=True):
            yield found
            progress.update(1, ", ".join(pair))


def _figures(
    found: SearchedPair, y: IntArray, folds: IntArray, n_classes: int, settings: "ClassWeights"
) -> dict[str, float]:
    """Return the figures that the report gives of a pair: OOF and nested scores, and shrinkage."""
    return {
        "oof": round(found.found.score, 6),
        **_scores(found.nested, y, folds, n_classes, settings),
        "shrinkage": found.found.shrinkage,
    }


def _scores(
    predictions: IntArray, y: IntArray, folds: IntArray, n_classes: int, settings: "ClassWeights"
) -> dict[str, float]:
    """Compute the figures of nested predictions, with their bootstrap interval."""
    interval = bootstrap_interval(y, predictions, n_classes, settings.bootstrap_samples, settings.seed)
    ends = {"low": round(interval.low, 6), "high": round(interval.high, 6)}
    return nested_figures(y, predictions, folds, n_classes) | ends


def _report(
    pairs: Sequence[Pair],
    figures: Sequence[dict[str, float]],
    chosen: int,
    is_member: BoolArray,
    compare: Callable[[int, int], dict[str, float]],
) -> dict[str, Any]:
    """Report figures of all pairs, the chosen pair beside the first, and the best ensemble beside the best member."""
    named = [{**pair._asdict(), **of_pair} for pair, of_pair in zip(pairs, figures, strict=True)]
    nested = np.array([of_pair["nested"] for of_pair in figures])
    first = [pair for pair in np.argsort(-nested, kind="stable")[:FIRST].tolist() if pair != chosen]
    scores: dict[str, dict[str, dict[str, float]]] = {}
    for pair, of_pair in zip(pairs, figures, strict=True):
        scores.setdefault(pair.candidate, {})[pair.method] = of_pair
    report: dict[str, Any] = {
        "chosen": named[chosen],
        "scores": scores,
        "chosen_against": [named[pair] | compare(chosen, pair) for pair in first],
    }
    if not is_member.all():
        member = int(np.where(is_member, nested, -1).argmax())
        ensemble = int(np.where(is_member, -1, nested).argmax())
        report["gain"] = {"ensemble": named[ensemble], "member": named[member], **compare(ensemble, member)}
    return report


def _score_choice(
    without_two: IntArray,
    y: IntArray,
    folds: IntArray,
    n_classes: int,
    complexities: list[tuple[int, int]],
    pairs: Sequence[Pair],
    settings: "ClassWeights",
) -> dict[str, Any]:
    """Compute the nested score of the choice between pairs, and list the pair chosen without each fold."""
    choice = nested_choice(without_two, y, folds, n_classes, complexities, settings.choose, settings.seed)
    return {
        "rule": settings.choose,
        **_scores(choice.predictions, y, folds, n_classes, settings),
        "chosen_without_fold": [pairs[pair]._asdict() for pair in choice.chosen],
    }


def _difference(
    y: IntArray, predictions: IntArray, n_classes: int, n_samples: int, seed: int, a: int, b: int
) -> dict[str, float]:
    """Compute nested macro-F1 of pair a minus that of pair b, with its paired bootstrap interval."""
    gap = paired_bootstrap(y, predictions[a], predictions[b], n_classes, n_samples, seed)
    return {"difference": round(gap.value, 6), "low": round(gap.low, 6), "high": round(gap.high, 6)}


def _predictions(pairs: Sequence[Pair], searched: Sequence[SearchedPair], chosen: int) -> Predictions:
    return Predictions(
        [pair.candidate for pair in pairs],
        [pair.method for pair in pairs],
        np.stack([found.found.weights for found in searched]),
        np.stack([found.nested for found in searched]).astype(np.int32),
        np.stack([found.test for found in searched]).astype(np.int32),
        chosen,
    )
