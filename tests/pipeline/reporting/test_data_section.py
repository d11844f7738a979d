"""The section on the data, as `reports/data.json` gives it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pipeline.reporting.contents import Contents
from pipeline.reporting.data_section import data
from pipeline.reporting.page import render_html


def test_every_table_is_on_the_page(contents: Contents) -> None:
    page = render_html(contents)
    section = page[page.index('<section id="data"') :]
    assert '<tr><th scope="row">illegal label</th><td class="num">12</td><td class="num">0</td></tr>' in section
    assert '<tr><th scope="row">missing text</th><td class="num">3</td><td class="num">1</td></tr>' in section
    assert "missing label" not in section
    assert '<td class="num">1.2 %</td>' in section
    assert section.count('class="lines"') == 2
    assert "distinct: 8049 at tokens read 100,000" in section
    assert "train.csv:7 and 1 more: strip_whitespace" in section
    assert "<td>&#39;&lt;b&gt;\\u200b&#39;</td>" in section
    assert '<td class="num">2.5 %</td>' in section
    titles = ("Length of a text", "Length for each member", "Vocabulary", "Bad rows", "Cleaning")
    for part in (*(f"<h3>{title}</h3>" for title in titles), "test rows also in train"):
        assert part in section


def test_classes_stand_from_the_most_frequent_to_the_rarest(contents: Contents) -> None:
    section = data(contents)
    assert section is not None
    counts = [rows for _, rows in section["histogram"]]
    assert counts == sorted(contents.label_counts, reverse=True)


@pytest.mark.parametrize(
    "missing",
    ["bad_rows", "label_histogram", "lengths", "token_lengths", "vocabulary", "vocabulary_growth", "cleaning"],
)
def test_what_a_report_lacks_vanishes(make_contents: Callable[..., Contents], missing: str) -> None:
    contents = make_contents()
    rest = {key: value for key, value in contents.data.items() if key != missing}
    section = data(replace(contents, data=rest))
    assert section is not None
    empty = [key for key, value in section.items() if not value]
    assert empty == [{"label_histogram": "histogram", "vocabulary_growth": "growth"}.get(missing, missing)]
    render_html(replace(contents, data=rest))


def test_no_report_is_no_section(contents: Contents) -> None:
    assert data(replace(contents, data={})) is None
