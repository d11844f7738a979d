"""The panels of learning curves: fine-tuning, a line for each fold, and masked language models."""

import math

from pipeline.reporting.charts.lines import N_COLOURS, Series, line_chart
from pipeline.reporting.contents import Contents, Curve
from pipeline.reporting.formats import plain

Panel = dict[str, object]


def finetune_curves(contents: Contents) -> list[Panel]:
    """Draw, for each fine-tuned member, a panel for the loss and one for macro-F1, the folds over one another."""
    members: list[Panel] = []
    for member, folds in contents.curves.items():
        loss = [Series(fold, c.steps, c.loss, _colour(i)) for i, (fold, c) in enumerate(folds.items())]
        score = [
            Series(fold, c.steps, c.macro_f1, _colour(i), dots=True)
            for i, (fold, c) in enumerate(folds.items())
            if c.macro_f1 is not None
        ]
        loss_chart = line_chart(loss, f"Training loss of {member} by step, one line a fold")
        score_chart = line_chart(score, f"Macro-F1 of {member} by step, one line a fold")
        if not loss_chart and not score_chart:
            continue
        members.append(
            {
                "name": member,
                "folds": [(fold, _colour(i), _best(c.macro_f1)) for i, (fold, c) in enumerate(folds.items())],
                "loss": loss_chart,
                "macro_f1": score_chart,
            }
        )
    return members


def mlm_curves(contents: Contents) -> list[Panel]:
    """Draw, for each masked-language-model run, a panel with the training and the held-out loss."""
    panels: list[Panel] = []
    for name, curve in contents.mlm_curves.items():
        series = [Series("training loss", curve.steps, curve.loss, "s0")]
        if curve.held_out_loss is not None:
            series.append(Series("held-out loss", curve.steps, curve.held_out_loss, "s1 dashed", dots=True))
        chart = line_chart(series, f"Masked-language-model loss of {name} by step")
        panels.append({"name": name, "chart": chart, "end": _describe_end(curve), "has_heldout": len(series) > 1})
    return [panel for panel in panels if panel["chart"]]


def _colour(index: int) -> str:
    return f"s{index % N_COLOURS}"


def _best(values: list[float] | None) -> float | None:
    finite = [value for value in values or [] if math.isfinite(value)]
    return max(finite, default=None)


def _describe_end(curve: Curve) -> str:
    """Describe the held-out loss of the weights that a masked language model ended with, and any early stop."""
    held_out = zip(curve.held_out_loss or [], curve.steps, strict=False)
    measured = [(loss, step) for loss, step in held_out if math.isfinite(loss)]
    if not measured:
        return ""
    if curve.planned_steps is None:
        return f"held-out loss at the end {plain(measured[-1][0])}"
    loss, step = min(measured)
    kept = f"weights of step {plain(step)}, held-out loss {plain(loss)}"
    last = curve.steps[-1]
    if last < curve.planned_steps:
        kept += f"; stopped early, at step {plain(last)} of {plain(curve.planned_steps)}"
    return kept
