"""Dumbbells, before and after on a scale from 0 to 1: a hollow dot, a filled dot, a line between."""

from markupsafe import Markup

from pipeline.reporting.charts.svg import element, join, share
from pipeline.reporting.formats import score

HEIGHT = 18
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
INSET = 0.03  # keeps the dots at 0 and 1 whole


def dumbbell(before: float, after: float) -> Markup:
    """Draw one class: its F1 before (hollow) and after (filled). Equal values are one filled dot."""
    middle = HEIGHT / 2
    x_before, x_after = share(_place(before)), share(_place(after))
    marks = [
        element("line", class_="grid", x1=share(_place(tick)), x2=share(_place(tick)), y1=0, y2=HEIGHT)
        for tick in TICKS
    ]
    if before != after:
        direction = "up" if after > before else "down"
        marks.append(element("line", class_=f"link {direction}", x1=x_before, x2=x_after, y1=middle, y2=middle))
        title = element("title", f"without class weights {score(before)}")
        marks.append(element("circle", title, class_="before", cx=x_before, cy=middle, r=4))
    title = element("title", f"F1 {score(after)}")
    marks.append(element("circle", title, class_="after", cx=x_after, cy=middle, r=4.5))
    label = f"F1 from {score(before)} to {score(after)}"
    return element("svg", join(marks), class_="dumbbell", height=HEIGHT, role="img", aria_label=label)


def dumbbell_axis() -> Markup:
    """Draw the tick labels above a column of dumbbells."""
    labels = [element("text", f"{tick:g}", x=share(_place(tick)), y=11, text_anchor="middle") for tick in TICKS]
    return element("svg", join(labels), class_="dumbbell axis", height=14, aria_hidden="true")


def _place(value: float) -> float:
    return INSET + value * (1 - 2 * INSET)
