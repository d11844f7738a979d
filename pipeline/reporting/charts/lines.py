"""A small line chart: several series over steps, one panel of a set of small multiples."""

import math
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from pipeline.reporting.charts.scale import Scale, fit_scale
from pipeline.reporting.charts.svg import element, join, number

WIDTH, HEIGHT = 340, 190
LEFT, RIGHT, TOP, BOTTOM = 44, 10, 10, 26
MOST_POINTS = 120  # a line; more are averaged in bins
N_COLOURS = 8  # .s0 .. .s7 in the page's CSS


@dataclass(frozen=True)
class Series:
    """One line of a chart; points with a value that is not finite are left out."""

    name: str
    steps: list[int]
    values: list[float]
    css: str  # 's0' .. 's7', and 'dashed'
    dots: bool = False  # mark each point: for values measured now and then


def line_chart(series: list[Series], title: str, x_name: str = "step") -> Markup:
    """Draw the series over a common axis of steps, or of `x_name`, from 0. Empty where no series has two points."""
    lines = [(one, thin(one.steps, one.values)) for one in series]
    lines = [(one, points) for one, points in lines if len(points) > 1]
    if not lines:
        return Markup("")
    x_scale = fit_scale([0, *(step for _, points in lines for step, _ in points)], margin=0)
    y_scale = fit_scale((value for _, points in lines for _, value in points), n_ticks=6)
    marks = [*_y_axis(y_scale), *_x_axis(x_scale)]
    marks += [_line(one, points, x_scale, y_scale, x_name) for one, points in lines]
    return element("svg", join(marks), class_="lines", viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=title)


def thin(steps: list[int], values: list[float]) -> list[tuple[float, float]]:
    """Return finite points in order; above MOST_POINTS they are averaged in bins of equally many points."""
    points = np.array([(s, v) for s, v in zip(steps, values, strict=True) if math.isfinite(v)], dtype=np.float64)
    if len(points) > MOST_POINTS:
        points = np.array([part.mean(axis=0) for part in np.array_split(points, MOST_POINTS)])
    return [(float(step), float(value)) for step, value in points]


def _x(scale: Scale, value: float) -> float:
    return LEFT + scale(value) * (WIDTH - LEFT - RIGHT)


def _y(scale: Scale, value: float) -> float:
    return HEIGHT - BOTTOM - scale(value) * (HEIGHT - TOP - BOTTOM)


def _line(series: Series, points: list[tuple[float, float]], x_scale: Scale, y_scale: Scale, x_name: str) -> Markup:
    places = [(_x(x_scale, step), _y(y_scale, value)) for step, value in points]
    path = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in places)
    last_step, last_value = points[-1]
    title = element("title", f"{series.name}: {last_value:.4g} at {x_name} {last_step:,.0f}")
    marks = [element("path", title, d=path)]
    if series.dots:
        marks += [element("circle", cx=x, cy=y, r=2.5) for x, y in places]
    return element("g", join(marks), class_=f"series {series.css}")


def _y_axis(scale: Scale) -> list[Markup]:
    marks = []
    for tick in scale.ticks:
        y = _y(scale, tick)
        marks.append(element("line", class_="grid", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y))
        marks.append(element("text", scale.text(tick), x=LEFT - 7, y=y + 4, text_anchor="end"))
    return marks


def _x_axis(scale: Scale) -> list[Markup]:
    return [
        element("text", f"{tick:,.0f}", x=_x(scale, tick), y=HEIGHT - 8, text_anchor="middle") for tick in scale.ticks
    ]
