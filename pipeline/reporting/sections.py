"""The values that each section of the page shows, computed from the contents. An empty section is None and vanishes."""

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from pipeline.reporting.charts.dumbbell import dumbbell, dumbbell_axis
from pipeline.reporting.charts.heatmap import heatmap
from pipeline.reporting.charts.scatter import Point, scatter
from pipeline.reporting.charts.shares import share_chart
from pipeline.reporting.charts.strip import strip, strip_axis, strip_scale
from pipeline.reporting.classes import class_rows, confused_pairs, share_rows
from pipeline.reporting.contents import Contents
from pipeline.reporting.leaderboard import best_member, leaderboard_rows, mean_gaps

Section = dict[str, object]
KINDS = ("member", "external", "fusion")
MOST_PAIRS = 15  # rows of the list of most confused pairs


def headline(contents: Contents) -> Section:
    """Return the chosen pair, its scores, the gain over the best member, and the size of the task."""
    chosen, member = contents.chosen, best_member(contents.candidates)
    compared = [chosen] if member is None or member is chosen else [chosen, member]
    scale = strip_scale(compared)
    rows = contents.submission.get("rows")
    return {
        "chosen": chosen,
        "compared": [(candidate, strip(candidate, scale)) for candidate in compared],
        "axis": strip_axis(scale),
        "gain": contents.gain,
        "gain_names": contents.gain_names,
        "n_rows": sum(contents.label_counts),
        "n_classes": len(contents.labels),
        "rarest": min(contents.label_counts, default=0),
        "n_members": len({c.name for c in contents.candidates if c.kind != "fusion"}),
        "n_folds": len(chosen.fold_scores),
        "n_test": rows if isinstance(rows, int) else None,
    }


def leaderboard(contents: Contents) -> Section:
    """Return every candidate with its scores and its strip, best nested first."""
    rows = leaderboard_rows(contents.candidates)
    scale = strip_scale(contents.candidates)
    return {
        "rows": [(row, strip(row.candidate, scale)) for row in rows],
        "axis": strip_axis(scale),
        "gaps": mean_gaps(contents.candidates),
        "has_hidden": any(c.hidden is not None for c in contents.candidates),
        "kinds": [kind for kind in KINDS if any(c.kind == kind for c in contents.candidates)],
        "n_names": sum(row.represents_name for row in rows),
    }


def confusion(contents: Contents) -> Section | None:
    """Return the heatmap and the pairs most often confused."""
    matrix = contents.confusion
    n_rows = int(matrix.sum())
    if n_rows == 0:
        return None
    return {
        "heatmap": heatmap(matrix, contents.labels, contents.label_groups),
        "pairs": confused_pairs(matrix, contents.labels, MOST_PAIRS),
        "n_rows": n_rows,
        "n_wrong": n_rows - int(np.trace(matrix)),
    }


def classes(contents: Contents) -> Section | None:
    """Return the F1 of each class before and after class weights, with support and weight."""
    if not contents.labels:
        return None
    rows = class_rows(
        contents.labels, contents.label_counts, contents.class_weights, contents.f1_before, contents.f1_after
    )
    return {
        "rows": [(row, dumbbell(row.before, row.after)) for row in rows],
        "axis": dumbbell_axis(),
        "weighted": any(row.weight != 1 or row.change != 0 for row in rows),
        "n_up": sum(row.change > 0 for row in rows),
        "n_down": sum(row.change < 0 for row in rows),
        "before": float(np.mean(contents.f1_before)),
        "after": float(np.mean(contents.f1_after)),
        "most_rows": max(contents.label_counts),
    }


def similarity(contents: Contents) -> Section | None:
    """Return the agreement and correlation of every two members; None below two members."""
    if len(contents.member_names) < 2:
        return None
    matrices = [
        ("Agreement", "share of rows with equal predictions", tinted(contents.agreement)),
        ("Correlation", "of the class probabilities", tinted(contents.correlation)),
    ]
    if contents.double_fault is not None:
        matrices.append(("Double fault", "share of rows that both get wrong", tinted(contents.double_fault)))
    return {
        "names": contents.member_names,
        "matrices": matrices,
        "gains": contents.member_gains or {},
        "rule": contents.gains_rule,
    }


def tinted(matrix: NDArray[np.float64]) -> list[list[tuple[float, float]]]:
    """Pair each value with a tint from 0 (the least off the diagonal) to 1 (the most); the diagonal has none."""
    off_diagonal = matrix[~np.eye(len(matrix), dtype=bool)]
    low, high = float(np.nanmin(off_diagonal)), float(np.nanmax(off_diagonal))
    width = max(high - low, 1e-9)
    tints = np.nan_to_num((matrix - low) / width)
    np.fill_diagonal(tints, 0.0)
    return [
        [(float(value), float(tint)) for value, tint in zip(*pair, strict=True)]
        for pair in zip(matrix, tints, strict=True)
    ]


def alignment(contents: Contents) -> list[Section]:
    """Return, for each encoder, the alignment's figures and the top rows of the mapping."""
    encoders: list[Section] = []
    for encoder, report in contents.alignment.items():
        examples = report.get("examples")
        rows = [row for row in examples if isinstance(row, dict)] if isinstance(examples, list) else []
        encoders.append(
            {
                "name": encoder,
                "facts": {key: value for key, value in report.items() if key != "examples"},
                "columns": list(rows[0]) if rows else [],
                "examples": rows,
            }
        )
    return encoders


def submission(contents: Contents) -> Section | None:
    """Return the submission's file and its class shares beside those of train."""
    if not contents.submission:
        return None
    histogram = contents.submission.get("label_histogram")
    rows = share_rows(contents.labels, contents.label_counts, pairs_of(histogram))
    drawn = bool(rows) and sum(row.test_count for row in rows) > 0
    return {
        "facts": {key: value for key, value in contents.submission.items() if key != "label_histogram"},
        "rows": rows if drawn else [],
        "chart": share_chart(rows) if drawn else Markup(""),
        "never": [row.label for row in rows if drawn and row.test_count == 0],
    }


def ledger(contents: Contents) -> Section | None:
    """Return the submissions that a board has scored: a chart of nested against board, and their list."""
    if not contents.ledger:
        return None
    points = [
        Point(entry.nested, entry.score, f"{entry.date}, board {entry.board}: {entry.candidate}")
        for entry in contents.ledger
    ]
    return {"chart": scatter(points, "Nested macro-F1", "board score"), "entries": contents.ledger}


def pairs_of(histogram: object) -> list[tuple[str, int]]:
    """Return (label, count) pairs from a JSON list of pairs; an empty list from anything else."""
    if not isinstance(histogram, list | tuple):
        return []
    return [(str(label), int(count)) for label, count in histogram]
