"""The confusion matrix: correct cells in one colour ramp, errors in another, empty cells not drawn."""

import math
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from pipeline.reporting.charts.svg import element, join
from pipeline.reporting.formats import percent

CHARACTER = 6.8  # px, width of a label's character at 11 px
LONGEST_LABEL = 28  # characters; longer labels are cut, the tooltip has them whole
ROOM_FOR_COUNT = 30  # px, the smallest cell with its count written in
DENSE = 11  # px; below it labels are set smaller, and touch screens show the matrix larger
DENSE_FONT = 0.78  # of the usual size
STRONG = 7  # from this level on a count is written in the page colour
LEVELS = 9  # steps of a colour ramp


@dataclass(frozen=True)
class Heatmap:
    """A drawn heatmap: row labels apart from the matrix and its column labels, to stay in view while it scrolls."""

    row_labels: Markup
    cells: Markup
    dense: bool  # cells are too small for labels of the usual size


def heatmap(confusion: NDArray[np.int64], labels: list[str], groups: list[str] | None) -> Heatmap:
    """Draw `confusion` [C, C] (rows true, columns predicted), each cell by its share of the true class.

    The ramp follows the square root of the share, so that small confusions show. Cells carry a title with
    true label, predicted label, count and share. Lines part neighbouring classes of different `groups`.
    """
    n_classes = len(labels)
    cell = cell_size(n_classes)
    shown = [label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…" for label in labels]
    dense = cell < DENSE
    character = CHARACTER * (DENSE_FONT if dense else 1)
    margin = math.ceil(max(len(label) for label in shown) * character) + 12
    side = n_classes * cell
    rows = [
        element("text", label, x=margin - 8, y=(i + 0.5) * cell + 4, text_anchor="end") for i, label in enumerate(shown)
    ]
    drawn = [
        element("rect", class_="plate", width=side, height=side),
        *_boundaries(groups or [], cell, side),
        *_cells(confusion, labels, cell),
    ]
    columns = [_column_label(label, i, cell) for i, label in enumerate(shown)]
    moved = f"translate(0 {margin})"
    return Heatmap(
        row_labels=element(
            "svg", element("g", join(rows), transform=moved),
            class_="rows", width=margin, height=margin + side, aria_hidden="true",
        ),
        cells=element(
            "svg",
            element("g", join(columns), class_="columns", transform=f"translate(0 {margin - 8})"),
            element("g", join(drawn), class_="cells", transform=moved),
            class_="matrix", width=side + 1, height=margin + side + 1, data_cell=cell,
            role="img", aria_label=f"Confusion matrix of {n_classes} classes, true by predicted",
        ),
        dense=dense,
    )  # fmt: skip


def cell_size(n_classes: int) -> int:
    """Compute the side of a cell in px, so that a matrix of 100 classes still fits a wide page as a whole."""
    sizes = ((8, 48), (16, 36), (26, 22), (40, 16), (64, 13))  # (most classes, px)
    return next((size for most, size in sizes if n_classes <= most), 9)


def _cells(confusion: NDArray[np.int64], labels: list[str], cell: int) -> list[Markup]:
    totals = confusion.sum(axis=1)
    return [
        _cell(int(r), int(c), int(confusion[r, c]), int(totals[r]), labels, cell)
        for r, c in zip(*np.nonzero(confusion), strict=True)
    ]


def _cell(row: int, column: int, count: int, total: int, labels: list[str], size: int) -> Markup:
    level = max(1, round(LEVELS * math.sqrt(count / total)))
    if row == column:
        text = f"{labels[row]}: {count} of {total} right ({percent(count / total)})"
    else:
        pair = f"true {labels[row]}, predicted {labels[column]}"
        text = f"{pair}: {count} of {total} ({percent(count / total)})"
    ramp = "right" if row == column else "wrong"
    x, y, side = column * size, row * size, size - 1
    drawn = element("rect", element("title", text), class_=f"{ramp} l{level}", x=x, y=y, width=side, height=side)
    if size < ROOM_FOR_COUNT:
        return drawn
    css = "on-strong" if level >= STRONG else "on-weak"
    middle = size / 2
    return drawn + element("text", str(count), class_=css, x=x + middle, y=y + middle + 4, text_anchor="middle")


def _boundaries(groups: list[str], cell: int, side: int) -> list[Markup]:
    lines = []
    for i in range(1, len(groups)):
        if groups[i] != groups[i - 1]:
            at = i * cell - 0.5
            lines.append(element("path", class_="boundary", d=f"M0 {at}H{side}M{at} 0V{side}"))
    return lines


def _column_label(label: str, column: int, cell: int) -> Markup:
    return element("text", label, transform=f"translate({(column + 0.5) * cell + 4:.1f} 0) rotate(-90)")
