"""The spread over folds: a strip with one dot a fold above the nested score and its interval, as wide as its box."""

from markupsafe import Markup

from pipeline.reporting.charts.scale import Scale, fit_scale
from pipeline.reporting.charts.svg import element, join, share
from pipeline.reporting.contents import Candidate
from pipeline.reporting.formats import score

HEIGHT = 32
FOLD_LANE = 9  # px from the top
NESTED_LANE = 23


def strip_scale(candidates: list[Candidate]) -> Scale:
    """Make one scale for every strip, so that rows can be compared by eye."""
    values: list[float] = []
    for candidate in candidates:
        values += [*candidate.fold_scores, *candidate.interval, candidate.nested]
        values += [] if candidate.hidden is None else [candidate.hidden]
    return fit_scale(values, n_ticks=6)


def strip(candidate: Candidate, scale: Scale) -> Markup:
    """Draw dots for folds, a band for the 95 % interval, a bar for nested, a diamond for the hidden test score."""
    marks = [_gridline(scale(tick), HEIGHT) for tick in scale.ticks]
    low, high = candidate.interval
    if low <= high:  # false for NaN too: an interval that is not known is not drawn
        marks.append(_band(scale(low), scale(high), f"95 % interval {score(low)} to {score(high)}"))
    for fold, value in enumerate(candidate.fold_scores):
        title = element("title", f"fold {fold}: {score(value)}")
        marks.append(element("circle", title, class_="fold", cx=share(scale(value)), cy=FOLD_LANE, r=4))
    marks.append(_nested(scale(candidate.nested), f"nested {score(candidate.nested)}"))
    if candidate.hidden is not None:
        marks.append(_diamond(scale(candidate.hidden), f"hidden test {score(candidate.hidden)}"))
    css = "strip chosen" if candidate.chosen else "strip"
    return element("svg", join(marks), class_=css, height=HEIGHT, role="img", aria_label=_describe(candidate))


def strip_axis(scale: Scale) -> Markup:
    """Draw the tick labels of the strips' common scale."""
    labels = [
        element("text", scale.text(tick), x=share(scale(tick)), y=11, text_anchor="middle") for tick in scale.ticks
    ]
    return element("svg", join(labels), class_="strip axis", height=14, aria_hidden="true")


def _gridline(position: float, height: float) -> Markup:
    return element("line", class_="grid", x1=share(position), x2=share(position), y1=0, y2=height)


def _band(start: float, stop: float, text: str) -> Markup:
    title = element("title", text)
    top = NESTED_LANE - 3
    return element("rect", title, class_="interval", x=share(start), width=share(stop - start), y=top, height=6, rx=3)


def _nested(position: float, text: str) -> Markup:
    return element("svg", _bar(text), x=share(position), y=NESTED_LANE, overflow="visible")


def _bar(text: str) -> Markup:
    return element("rect", element("title", text), class_="nested", x=-1.75, y=-7, width=3.5, height=14, rx=1.5)


def _diamond(position: float, text: str) -> Markup:
    path = element("path", element("title", text), class_="hidden-score", d="M0-5.5 5.5 0 0 5.5-5.5 0Z")
    return element("svg", path, x=share(position), y=NESTED_LANE, overflow="visible")


def _describe(candidate: Candidate) -> str:
    folds = ", ".join(score(value) for value in candidate.fold_scores) or "none"
    low, high = candidate.interval
    text = f"nested {score(candidate.nested)}, 95 % interval {score(low)} to {score(high)}, folds {folds}"
    return text if candidate.hidden is None else f"{text}, hidden test {score(candidate.hidden)}"
