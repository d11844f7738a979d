"""Fuse the members by every rule and every ballot of the section `fusion`: `python -m stages.fuse`.

Writes every candidate's scores, the members' own among them, on OOF, nested and on test, and how members differ.
"""

from typing import TYPE_CHECKING, Any

from pipeline.runtime.cli import run_stage, say

if TYPE_CHECKING:
    from pipeline.fusion import Rule
    from pipeline.metrics.arrays import FloatArray, IntArray
    from pipeline.plan.entries import Entry


def main() -> None:
    """Write models/fused/<candidate>.npz and reports/fusion.json."""
    from pipeline.plan.current import run_entry

    run_entry(run, "fuse")


def run(entry: "Entry") -> None:
    """Fuse the members by every rule and ballot."""
    import numpy as np

    from pipeline.artifacts.atomic import atomic_folder, read_json, write_json
    from pipeline.artifacts.fused import FusedScores, write_fused
    from pipeline.artifacts.paths import FUSED, FUSION_REPORT, LABELS, OOF_LOGITS, TEST
    from pipeline.artifacts.tables import count_folds, read_scored_rows, read_table
    from pipeline.errors import UserError
    from pipeline.fusion import fuse_nested
    from pipeline.fusion.candidates import candidate_rules
    from pipeline.fusion.probabilities import oof_probabilities, test_probabilities
    from pipeline.metrics import fold_macro_f1, macro_f1
    from pipeline.runtime.progress import Progress

    params = entry.params
    members = [*params.members, *params.external]
    leftovers = sorted({path.name for path in OOF_LOGITS.iterdir()} - {*members})
    if leftovers:
        say(f"not in params.yaml, left out: {', '.join(leftovers)} (`make repro` removes what is left over)")

    labels = read_json(LABELS)["labels"]
    row_id, y, repeats = read_scored_rows()
    test_id = read_table(TEST, ["row_id"])["row_id"].tolist()
    folds = repeats[0]
    oof_probs = oof_probabilities(members, row_id.tolist(), repeats, labels)  # [M, N, C]
    test_probs = test_probabilities(members, test_id, count_folds(), labels)  # [M, n, C]

    candidates = {
        name: FusedScores(oof, np.broadcast_to(oof, (folds.max() + 1, *oof.shape)), test, tuned=False)
        for name, oof, test in zip(members, oof_probs, test_probs, strict=True)
    }
    fusion = dict(entry.settings["fusion"])
    rules = candidate_rules(fusion, members)
    learned: dict[str, Any] = {}
    with Progress(len(rules), "fuse", "rule") as progress:
        for name, rule in rules.items():
            if rule.tuning == "model" and folds.max() < 2:
                raise UserError(
                    f"fusion: {name} needs 3 folds or more, to leave out two, and folds.n_folds is 2; set 3, or take "
                    f"{name} out of fusion.rules"
                )
            oof, nested, test, state = fuse_nested(oof_probs, y, folds, test_probs, rule)
            candidates[name] = FusedScores(oof, nested, test, tuned=rule.tuning != "none")
            learned[name] = rule.describe(state, members)
            progress.update(1, name)

    scores = {}
    with atomic_folder(FUSED) as folder:
        for name, fused in candidates.items():
            write_fused(folder / f"{name}.npz", fused)
            nested_pred = fused.nested[folds, np.arange(len(y))].argmax(axis=1)
            of_folds = fold_macro_f1(y, nested_pred, folds, len(labels))
            scores[name] = {
                "oof": round(macro_f1(y, fused.oof.argmax(axis=1), len(labels)), 6),
                "nested": round(macro_f1(y, nested_pred, len(labels)), 6),
                "fold_mean": round(float(of_folds.mean()), 6),
                "fold_std": round(float(of_folds.std(ddof=1)), 6),
            }
            say(f"{name:>24}  OOF {scores[name]['oof']:.4f}  nested {scores[name]['nested']:.4f}")
    report = {
        "scores": scores,
        "members": members,
        "similarity": similarity(oof_probs, y),
        "learned": {name: what for name, what in learned.items() if what is not None},
        "ballots": fusion["ballots"],
        "fitted": {name: rule.n_fitted(len(members), len(labels)) for name, rule in rules.items()},
    }
    words = [piece["name"] for piece in fusion["rules"]]  # a ballot cannot be held without one of its voters
    untrained = [name for name, rule in rules.items() if name in words and rule.tuning != "model"]  # quick to repeat
    if untrained:
        best = max(untrained, key=lambda name: scores[name]["nested"])
        report["member_gains"] = {"rule": best, "gains": gains(members, oof_probs, y, folds, rules[best])}
    write_json(FUSION_REPORT, report)


def similarity(oof_probs: "FloatArray", y: "IntArray") -> dict[str, list[list[float]]]:
    """How alike the members are: three matrices [M, M]."""
    from pipeline.fusion import double_fault, member_similarity

    agreement, correlation = member_similarity(oof_probs)
    matrices = {"agreement": agreement, "correlation": correlation, "double_fault": double_fault(oof_probs, y)}
    return {name: matrix.round(6).tolist() for name, matrix in matrices.items()}


def gains(
    members: list[str], oof_probs: "FloatArray", y: "IntArray", folds: "IntArray", rule: "Rule"
) -> dict[str, float]:
    """What each member adds to a rule's nested score."""
    from pipeline.fusion import member_gains

    added = member_gains(oof_probs, y, folds, rule)
    return {name: round(float(gain), 6) for name, gain in zip(members, added, strict=True)}


if __name__ == "__main__":
    run_stage(main)
