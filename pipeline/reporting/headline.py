"""The last lines that `make repro` prints: where the submission and the report are, and the scores."""

from typing import Any

from pipeline.artifacts.atomic import read_json
from pipeline.artifacts.paths import CLASS_WEIGHTS_REPORT, HIDDEN_REPORT, HTML_REPORT, SUBMISSION


def read_headline() -> list[str]:
    """Read the lines of the finished run. Raises UserError where no run has finished."""
    return headline(read_json(CLASS_WEIGHTS_REPORT), read_json(HIDDEN_REPORT) if HIDDEN_REPORT.exists() else {})


def headline(weights: dict[str, Any], hidden: dict[str, Any]) -> list[str]:
    """Write lines from reports/class_weights.json and reports/hidden.json (`{}` where that was not written)."""
    chosen = weights["chosen"]
    lines = [
        f"submission  {SUBMISSION}",
        f"report      {HTML_REPORT}",
        f"chosen      {chosen['candidate']}, {chosen['method']} class weights: nested macro-F1 {chosen['nested']:.4f} "
        f"[{chosen['low']:.4f}, {chosen['high']:.4f}]",
    ]
    if "selection" in weights:
        choice = weights["selection"]
        lines.append(
            f"choice      nested macro-F1 {choice['nested']:.4f} [{choice['low']:.4f}, {choice['high']:.4f}], "
            "chosen anew without each fold"
        )
    if "gain" in weights:
        gain = weights["gain"]
        lines.append(
            f"gain        {gain['difference']:+.4f} [{gain['low']:+.4f}, {gain['high']:+.4f}] over the best member, "
            f"{gain['member']['candidate']} ({gain['member']['nested']:.4f})"
        )
    if hidden.get("submission") is not None:
        lines.append(f"hidden test {hidden['submission']:.4f}")
    return lines
