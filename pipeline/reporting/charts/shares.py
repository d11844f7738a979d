"""Class shares in train and in the submission on a logarithmic axis, the most frequent class first."""

import math

from markupsafe import Markup

from pipeline.reporting.charts.svg import element, join, number
from pipeline.reporting.classes import ShareRow
from pipeline.reporting.formats import percent

PAGE = 1000  # px that the classes share; each gets 16 to 60
LEFT, TOP, BOTTOM = 52, 12, 242  # px, the plot's edges
ZERO, EDGE = 258, 270  # px; below the plot lie the classes without a row, then the labels
CHARACTER = 6.8  # px, width of a label's character at 11 px


def share_chart(rows: list[ShareRow]) -> Markup:
    """Draw train as steps, the submission as dots; a class never predicted lies at 0. `rows` must hold one or more."""
    step = min(60, max(16, PAGE // len(rows)))
    width = LEFT + step * len(rows) + 8
    height = EDGE + 10 + math.ceil(max(len(row.label) for row in rows) * CHARACTER)
    logs = [math.log10(share) for row in rows for share in (row.train_share, row.test_share) if share > 0]
    low, high = math.floor(2 * min(logs)) / 2, max(logs) + 0.05  # from a half decade

    def place(share: float) -> float:
        return ZERO if share == 0 else BOTTOM - (BOTTOM - TOP) * (math.log10(share) - low) / (high - low)

    decades = [10.0**power for power in range(math.ceil(low), math.floor(high) + 1)]
    marks = [_gridline(f"{100 * share:g} %" if share else "0", place(share), width) for share in [0, *decades]]
    marks.append(element("path", class_="train-step", d=_steps([place(row.train_share) for row in rows], step)))
    for i, row in enumerate(rows):
        marks += _class_marks(row, LEFT + i * step, step, place(row.train_share), place(row.test_share))
    label = f"Share of {len(rows)} classes in train and in the submission"
    return element("svg", join(marks), class_="shares", width=width, height=height, role="img", aria_label=label)


def _gridline(text: str, y: float, width: float) -> Markup:
    line = element("line", class_="grid", x1=LEFT, x2=width, y1=y, y2=y)
    return element("g", line, element("text", text, x=LEFT - 7, y=y + 4, text_anchor="end"))


def _steps(heights: list[float], step: int) -> str:
    tops = "".join(f"V{number(min(y, BOTTOM))}H{LEFT + (i + 1) * step}" for i, y in enumerate(heights))
    return f"M{LEFT} {BOTTOM}{tops}V{BOTTOM}Z"


def _class_marks(row: ShareRow, left: float, step: int, y_train: float, y_test: float) -> list[Markup]:
    x = left + step / 2
    text = (
        f"{row.label}: train {row.train_count:,} ({percent(row.train_share)}), "
        f"submission {row.test_count:,} ({percent(row.test_share)})"
    )
    moved = f"translate({number(x - 4)} {EDGE}) rotate(90)"
    return [
        element("line", class_="stem", x1=x, x2=x, y1=y_train, y2=y_test),
        element("circle", class_="test-dot" if row.test_count else "test-dot never", cx=x, cy=y_test, r=5),
        element("rect", element("title", text), class_="hit", x=left, y=0, width=step, height=EDGE),
        element("text", row.label, transform=moved),
    ]
