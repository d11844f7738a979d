"""A scatter plot: points in a plane of two scores."""

from typing import NamedTuple

from markupsafe import Markup

from pipeline.reporting.charts.scale import fit_scale
from pipeline.reporting.charts.svg import element, join

WIDTH, HEIGHT = 340, 230
LEFT, RIGHT, TOP, BOTTOM = 50, 12, 12, 40


class Point(NamedTuple):
    """A point of a scatter plot; `title` is shown where the pointer rests on it."""

    x: float
    y: float
    title: str


def scatter(points: list[Point], x_name: str, y_name: str) -> Markup:
    """Draw the points, `y_name` over `x_name`, each axis on its own scale."""
    x_scale = fit_scale([point.x for point in points], n_ticks=5)
    y_scale = fit_scale([point.y for point in points], n_ticks=5)

    def x(value: float) -> float:
        return LEFT + x_scale(value) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - y_scale(value) * (HEIGHT - TOP - BOTTOM)

    marks = []
    for tick in y_scale.ticks:
        marks.append(element("line", class_="grid", x1=LEFT, x2=WIDTH - RIGHT, y1=y(tick), y2=y(tick)))
        marks.append(element("text", y_scale.text(tick), x=LEFT - 7, y=y(tick) + 4, text_anchor="end"))
    marks += [
        element("text", x_scale.text(tick), x=x(tick), y=HEIGHT - 22, text_anchor="middle") for tick in x_scale.ticks
    ]
    marks.append(element("text", x_name, x=(LEFT + WIDTH) / 2, y=HEIGHT - 5, text_anchor="middle"))
    for point in points:
        title = element("title", f"{point.title}: {x_name} {point.x:.4f}, {y_name} {point.y:.4f}")
        marks.append(element("circle", title, class_="fold", cx=x(point.x), cy=y(point.y), r=4))
    label = f"{y_name} over {x_name} of {len(points)} submissions"
    return element("svg", join(marks), class_="lines", viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=label)
