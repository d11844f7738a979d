"""Fuse the members by every rule and every ballot, and score every candidate, the members' own among them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.artifacts.atomic import atomic_folder, read_json, write_json
from pipeline.artifacts.fused import FusedScores, write_fused
from pipeline.artifacts.paths import FUSED, FUSION_REPORT, LABELS, OOF_LOGITS, TEST
from pipeline.artifacts.tables import count_folds, read_scored_rows, read_table
from pipeline.errors import UserError
from pipeline.fusion import Rule, double_fault, fuse_nested, member_gains, member_similarity
from pipeline.fusion.candidates import candidate_rules
from pipeline.fusion.probabilities import oof_probabilities, test_probabilities
from pipeline.metrics import macro_f1, nested_figures
from pipeline.metrics.arrays import FloatArray, IntArray
from pipeline.runtime.messages import say
from pipeline.runtime.progress import Progress

if TYPE_CHECKING:
    from pipeline.plan.entries import Entry


def run(entry: "Entry") -> None:
    """Fuse the members by every rule and ballot."""
    members = [*entry.params.members, *entry.params.external]
    _say_leftovers(members)
    labels = read_json(LABELS)["labels"]
    row_id, y, repeats = read_scored_rows()
    test_id = read_table(TEST, ["row_id"])["row_id"].tolist()
    folds = repeats[0]
    oof_probs = oof_probabilities(members, row_id.tolist(), repeats, labels)  # [M, N, C]
    test_probs = test_probabilities(members, test_id, count_folds(), labels)  # [M, n, C]

    fusion = dict(entry.settings["fusion"])
    rules = candidate_rules(fusion, members)
    _check_folds(rules, folds)
    fused, learned = _fuse_all(rules, members, oof_probs, y, folds, test_probs)
    candidates = _alone(members, oof_probs, folds, test_probs) | fused
    scores = _write(candidates, y, folds, len(labels))
    report = {
        "scores": scores,
        "members": members,
        "similarity": _similarity(oof_probs, y),
        "learned": learned,
        "ballots": fusion["ballots"],
        "fitted": {name: rule.n_fitted(len(members), len(labels)) for name, rule in rules.items()},
    }
    words = [piece["name"] for piece in fusion["rules"]]  # a ballot cannot be held without one of its voters
    untrained = [name for name, rule in rules.items() if name in words and rule.tuning != "model"]  # quick to repeat
    if untrained:
        best = max(untrained, key=lambda name: scores[name]["nested"])
        report["member_gains"] = {"rule": best, "gains": _gains(members, oof_probs, y, folds, rules[best])}
    write_json(FUSION_REPORT, report)


def _say_leftovers(members: Sequence[str]) -> None:
    leftovers = sorted({path.name for path in OOF_LOGITS.iterdir()} - {*members})
    if leftovers:
        say(f"not in params.yaml, left out: {', '.join(leftovers)} (`make repro` removes what is left over)")


def _check_folds(rules: Mapping[str, Rule], folds: IntArray) -> None:
    """Raise UserError where there are too few folds for a rule."""
    for name, rule in rules.items():
        if rule.tuning == "model" and folds.max() < 2:
            raise UserError(
                f"fusion: {name} needs 3 folds or more, to leave out two, and folds.n_folds is 2; set 3, or take "
                f"{name} out of fusion.rules"
            )


def _alone(
    members: Sequence[str], oof_probs: FloatArray, folds: IntArray, test_probs: FloatArray
) -> dict[str, FusedScores]:
    """Make a candidate of each member, with its own probabilities as scores."""
    return {
        name: FusedScores(oof, np.broadcast_to(oof, (folds.max() + 1, *oof.shape)), test, tuned=False)
        for name, oof, test in zip(members, oof_probs, test_probs, strict=True)
    }


def _fuse_all(
    rules: Mapping[str, Rule],
    members: Sequence[str],
    oof_probs: FloatArray,
    y: IntArray,
    folds: IntArray,
    test_probs: FloatArray,
) -> tuple[dict[str, FusedScores], dict[str, Any]]:
    """Make each rule's candidate: → the candidates, and what was learned by the rules that learn."""
    fused, learned = {}, {}
    with Progress(len(rules), "fuse", "rule") as progress:
        for name, rule in rules.items():
            oof, nested, test, state = fuse_nested(oof_probs, y, folds, test_probs, rule)
            fused[name] = FusedScores(oof, nested, test, tuned=rule.tuning != "none")
            learned[name] = rule.describe(state, members)
            progress.update(1, name)
    return fused, {name: what for name, what in learned.items() if what is not None}


def _write(
    candidates: Mapping[str, FusedScores], y: IntArray, folds: IntArray, n_classes: int
) -> dict[str, dict[str, float]]:
    """Write all candidates' scores: → each candidate's figures, macro-F1 on OOF and nested."""
    figures = {}
    with atomic_folder(FUSED) as folder:
        for name, fused in candidates.items():
            write_fused(folder / f"{name}.npz", fused)
            oof = macro_f1(y, fused.oof.argmax(axis=1), n_classes)
            predicted = fused.nested[folds, np.arange(len(y))].argmax(axis=1)
            figures[name] = {"oof": round(oof, 6), **nested_figures(y, predicted, folds, n_classes)}
            say(f"{name:>24}  OOF {figures[name]['oof']:.4f}  nested {figures[name]['nested']:.4f}")
    return figures


def _similarity(oof_probs: FloatArray, y: IntArray) -> dict[str, list[list[float]]]:
    """Measure how alike the M members are: three matrices [M, M]."""
    agreement, correlation = member_similarity(oof_probs)
    matrices = {"agreement": agreement, "correlation": correlation, "double_fault": double_fault(oof_probs, y)}
    return {name: matrix.round(6).tolist() for name, matrix in matrices.items()}


def _gains(members: Sequence[str], oof_probs: FloatArray, y: IntArray, folds: IntArray, rule: Rule) -> dict[str, float]:
    """Compute what each member adds to a rule's nested score."""
    added = member_gains(oof_probs, y, folds, rule)
    return {name: round(float(gain), 6) for name, gain in zip(members, added, strict=True)}
