"""What the drawings say: positions and counts of marks, read back from the markup."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from pipeline.reporting.charts.dumbbell import dumbbell
from pipeline.reporting.charts.heatmap import heatmap
from pipeline.reporting.charts.lines import MOST_POINTS, Series, line_chart, thin
from pipeline.reporting.charts.scale import Scale
from pipeline.reporting.charts.shares import share_chart
from pipeline.reporting.charts.strip import strip
from pipeline.reporting.charts.svg import element, number
from pipeline.reporting.classes import share_rows
from pipeline.reporting.contents import Candidate

UNIT = Scale(0.0, 1.0, [0.0, 0.5, 1.0], 1)
CANDIDATE = Candidate("a", "member", "none", 0.6, 0.5, (0.4, 0.75), [0.25, 0.6], 0.7, True, "", False)


def test_attributes_and_children_are_escaped() -> None:
    markup = element("text", '<b>"&', class_='"><script>', text_anchor="end", x=1.0)
    assert markup == ('<text class="&#34;&gt;&lt;script&gt;" text-anchor="end" x="1">&lt;b&gt;&#34;&amp;</text>')


@pytest.mark.parametrize(("value", "text"), [(1.0, "1"), (0.125, "0.12"), (-0.001, "0"), (100, "100"), ("a", "a")])
def test_coordinates_are_short(value: float | str, text: str) -> None:
    assert number(value) == text


def test_strip_places_folds_interval_nested_and_hidden() -> None:
    markup = strip(CANDIDATE, UNIT)
    assert re.findall(r'class="fold" cx="([^"]+)"', markup) == ["25%", "60%"]
    assert 'class="interval" x="40%" width="35%"' in markup
    assert re.findall(r'<svg x="([^"]+)"', markup) == ["50%", "70%"]
    assert "chosen" in markup


def test_strip_leaves_out_what_is_not_known() -> None:
    bare = replace(CANDIDATE, hidden=None, interval=(math.nan, math.nan), fold_scores=[], chosen=False)
    markup = strip(bare, UNIT)
    assert "fold" not in re.findall(r'class="(\w+)"', markup)
    assert 'class="interval"' not in markup
    assert "hidden" not in markup
    assert "nan" not in markup


def test_dumbbell_has_one_dot_where_nothing_changed() -> None:
    assert dumbbell(0.4, 0.4).count("<circle") == 1
    assert 'class="link up"' in dumbbell(0.4, 0.5)
    assert 'class="link down"' in dumbbell(0.5, 0.4)


def test_heatmap_draws_only_cells_that_have_rows() -> None:
    confusion = np.zeros((50, 50), dtype=np.int64)
    confusion[0, 0], confusion[3, 7] = 9, 4
    confusion[3, 3] = 12
    drawn = heatmap(confusion, [f"c{i}" for i in range(50)], ["g"] * 25 + ["h"] * 25)
    assert re.findall(r"<title>([^<]+)</title>", drawn.cells) == [
        "c0: 9 of 9 right (100.0 %)",
        "c3: 12 of 16 right (75.0 %)",
        "true c3, predicted c7: 4 of 16 (25.0 %)",
    ]
    assert '<rect class="wrong l4" x="91" y="39"' in drawn.cells  # cells of 13 px; 9 * sqrt(0.25) = 4.5
    assert drawn.cells.count('class="boundary"') == 1
    assert drawn.row_labels.count("<text") == 50


def test_heatmap_of_few_classes_has_its_counts_written_in() -> None:
    drawn = heatmap(np.array([[123, 4], [0, 56]]), ["no", "yes"], None)
    assert re.findall(r"middle\">(\d+)</text>", drawn.cells) == ["123", "4", "56"]


def test_long_labels_are_cut_but_told_whole() -> None:
    label = "x" * 60
    drawn = heatmap(np.array([[1]]), [label], None)
    assert label not in drawn.row_labels
    assert label in drawn.cells


def test_long_curves_are_averaged_in_bins_and_gaps_left_out() -> None:
    steps = list(range(1, 10 * MOST_POINTS + 1))
    points = thin(steps, [float(step) for step in steps])
    assert len(points) == MOST_POINTS
    assert points[0] == (5.5, 5.5)
    assert thin([1, 2, 3], [1.0, math.nan, 3.0]) == [(1.0, 1.0), (3.0, 3.0)]


def test_line_chart_needs_two_points() -> None:
    assert line_chart([Series("a", [1, 2], [math.nan, 2.0], "s0")], "t") == ""
    assert line_chart([], "t") == ""
    assert line_chart([Series("a", [1, 2], [1.0, 2.0], "s0")], "t").count('class="series s0"') == 1


def test_share_chart_marks_classes_never_predicted() -> None:
    markup = share_chart(share_rows(["a", "b", "c"], [80, 19, 1], [("a", 5), ("b", 5)]))
    assert markup.count('class="test-dot never"') == 1
    assert "c: train 1 (1.0 %), submission 0 (0.0 %)" in markup
    assert re.findall(r'text-anchor="end">([^<]+)<', markup) == ["0", "1 %", "10 %"]
