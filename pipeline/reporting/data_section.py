"""The report's section on the data: the findings of `prepare`, in tables and a chart."""

from markupsafe import Markup

from pipeline.reporting.charts.lines import Series, line_chart
from pipeline.reporting.contents import Contents

Row = dict[str, object]
# Shown in tables of their own; everything else in the report is shown as it comes.
OWN = (
    "bad_rows",
    "label_histogram",
    "lengths",
    "vocabulary",
    "vocabulary_growth",
    "cleaning",
    "token_lengths",
    "warnings",
)


def data(contents: Contents) -> dict[str, object] | None:
    """Return the tables of reports/data.json and data/prepared/cleaning.json; warnings have a place of their own."""
    report = contents.data
    if not report:
        return None
    histogram = sorted(_rows(report.get("label_histogram")), key=lambda row: -_number(row.get("rows")))
    return {
        "facts": {key: value for key, value in report.items() if key not in OWN},
        "bad_rows": _reasons(report.get("bad_rows")),
        "histogram": [(str(row.get("label")), _number(row.get("rows"))) for row in histogram],
        "lengths": _rows(report.get("lengths")),
        "token_lengths": _rows(report.get("token_lengths")),
        "vocabulary": _rows(report.get("vocabulary")),
        "cleaning": _mapping(report.get("cleaning")),
        "growth": _growth_charts(_rows(report.get("vocabulary_growth"))),
    }


def _reasons(bad_rows: object) -> list[tuple[str, int, int]]:
    """Return (reason, training rows, test rows) of the reasons that occur."""
    train, test = (_mapping(_mapping(bad_rows).get(split)) for split in ("train", "test"))
    rows = [(reason, _number(train.get(reason)), _number(test.get(reason))) for reason in {**train, **test}]
    return [row for row in rows if row[1] or row[2]]


def _growth_charts(points: list[Row]) -> list[tuple[str, Markup]]:
    """Draw, for each unit, the distinct tokens over the tokens read."""
    charts = []
    for unit in dict.fromkeys(str(point.get("unit")) for point in points):
        own = [point for point in points if point.get("unit") == unit]
        read, distinct = ([_number(point.get(key)) for point in own] for key in ("tokens_read", "distinct"))
        series = [Series("distinct", [0, *read], [0.0, *map(float, distinct)], "s0")]
        chart = line_chart(series, f"Distinct {unit} over {unit} read", x_name=f"{unit} read")
        if chart:
            charts.append((unit, chart))
    return charts


def _rows(value: object) -> list[Row]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _mapping(value: object) -> Row:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
