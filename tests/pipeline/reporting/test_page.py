"""The page as a browser gets it: whole, self-contained, escaped, the same each time."""

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from pipeline.reporting.contents import Candidate, Contents, Curve
from pipeline.reporting.page import render_html

VOID = {"meta", "input", "br", "link", "img", "hr"}
HOSTILE = "<script>alert(1)</script>\"&'><img src=x onerror=alert(1)>"
SECTIONS = ["leaderboard", "confusion", "classes", "similarity", "curves", "mlm"]
SECTIONS += ["alignment", "submission", "data", "manifest"]


class Page(HTMLParser):
    """Checks that tags are balanced, and keeps what the tests ask for."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def values(self, name: str) -> list[str | None]:
        return [value for _, key, value in self.attributes if key == name]


def bare_contents() -> Contents:
    """One member, no fusion, no answer key, nothing that a report can do without."""
    member = Candidate("svm", "member", "none", 0.5, 0.5, (0.4, 0.6), [0.5, 0.5], None, True, "", False)
    return Contents(
        competition="c",
        labels=["a", "b"],
        label_counts=[3, 2],
        candidates=[member],
        gain=None,
        gain_names=None,
        confusion=np.zeros((2, 2), dtype=np.int64),
        f1_before=[0.5, 0.5],
        f1_after=[0.5, 0.5],
        class_weights=[1.0, 1.0],
        member_names=["svm"],
        agreement=np.ones((1, 1)),
        correlation=np.ones((1, 1)),
        curves={},
        mlm_curves={},
        alignment={},
        data={},
        warnings=[],
        submission={},
        manifest={},
    )


def hostile_contents(contents: Contents) -> Contents:
    candidates = [replace(c, name=c.name + HOSTILE, note=HOSTILE, weights=HOSTILE) for c in contents.candidates]
    labels = [label + HOSTILE for label in contents.labels]
    return replace(
        contents,
        competition=HOSTILE,
        candidates=candidates,
        gain_names=(HOSTILE, HOSTILE),
        labels=labels,
        member_names=[name + HOSTILE for name in contents.member_names],
        curves={HOSTILE: {HOSTILE: contents.curves["bert-ce"]["fold-0"]}},
        mlm_curves={HOSTILE: next(iter(contents.mlm_curves.values()))},
        alignment={HOSTILE: {"method": HOSTILE, "examples": [{"token": HOSTILE, HOSTILE: HOSTILE}]}},
        data={
            HOSTILE: HOSTILE,
            "nested": {HOSTILE: [HOSTILE]},
            "rows": [{HOSTILE: HOSTILE}],
            "list": [HOSTILE],
        },
        warnings=[HOSTILE],
        submission={
            **contents.submission,
            "path": HOSTILE,
            "label_histogram": [(label, 1) for label in labels],
        },
        manifest={HOSTILE: HOSTILE},
    )


def test_the_page_is_balanced_and_has_all_sections(contents: Contents) -> None:
    page = Page(render_html(contents))
    ids = page.values("id")
    assert [name for name in ids if name in SECTIONS] == SECTIONS
    assert len(ids) == len(set(ids))
    links = [value for value in page.values("href") if value]
    assert all(link.startswith("#") and link[1:] in ids for link in links)
    labelled = [value for value in page.values("aria-labelledby") if value]
    assert set(labelled) <= set(ids)


def test_nothing_is_fetched(contents: Contents) -> None:
    page = render_html(contents)
    assert Page(page).values("src") == []
    assert not re.search(r"https?:|//[a-z]|url\(|@import|<link", page)


def test_text_from_the_data_is_escaped(contents: Contents) -> None:
    page = render_html(hostile_contents(contents))
    assert page.count("<script>") == 1  # the page's own
    assert "<img" not in page
    parsed = Page(page)
    assert not [name for _, name, _ in parsed.attributes if name.startswith("on")]
    assert any(HOSTILE in text for text in parsed.text)


def test_the_same_contents_give_the_same_bytes(make_contents: Callable[..., Contents]) -> None:
    assert render_html(make_contents()) == render_html(make_contents())


def test_empty_sections_vanish() -> None:
    page = render_html(bare_contents())
    ids = Page(page).values("id")
    assert [name for name in ids if name in SECTIONS] == ["leaderboard", "classes"]
    for absent in ("Hidden", "Gain over", "warning", "one class-weight method"):
        assert absent not in re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.DOTALL)


def test_a_single_evaluation_is_no_curve(contents: Contents) -> None:
    curves = {"svm": {"fold-0": Curve([1], [0.5], [0.6])}}
    assert 'id="curves"' not in render_html(replace(contents, curves=curves))


def test_headline_and_rows_carry_their_numbers(contents: Contents) -> None:
    page = render_html(contents)
    chosen = contents.chosen
    for number in (chosen.nested, *chosen.interval, chosen.oof, chosen.hidden):
        assert f"{number:.4f}" in page
    assert "+0.0213" in page
    assert "the interval lies above zero" in page
    for candidate in contents.candidates:
        assert f">{candidate.nested:.4f}<" in page
    for label, weight in zip(contents.labels, contents.class_weights, strict=True):
        assert label in page
        assert f">{weight:.3g}<" in page


@pytest.mark.parametrize(("low", "high", "verdict"), [(-0.01, 0.02, "holds zero"), (-0.02, -0.01, "lies below zero")])
def test_the_gain_is_not_oversold(contents: Contents, low: float, high: float, verdict: str) -> None:
    page = render_html(replace(contents, gain={"difference": (low + high) / 2, "low": low, "high": high}))
    assert verdict in page
    assert "lies above zero" not in page


def test_rows_stand_in_order_of_nested(contents: Contents) -> None:
    page = render_html(replace(contents, candidates=contents.candidates[::-1]))
    body = page[page.index("<tbody>") : page.index("</tbody>")]
    nested = [float(value) for value in re.findall(r'strong" data-value="([^"]+)"', body)]
    assert nested == sorted((c.nested for c in contents.candidates), reverse=True)


def test_without_class_weights_there_is_no_before_and_after(contents: Contents) -> None:
    n_classes = len(contents.labels)
    page = render_html(replace(contents, class_weights=[1.0] * n_classes, f1_after=contents.f1_before))
    assert "No class weights are used" in page
    assert ">Before<" not in page


@pytest.mark.parametrize(("n_classes", "most_bytes"), [(3, 200_000), (35, 1_000_000), (100, 3_000_000)])
def test_size_stays_sensible(make_contents: Callable[..., Contents], n_classes: int, most_bytes: int) -> None:
    page = render_html(make_contents(n_classes))
    Page(page)
    assert len(page.encode()) < most_bytes


def test_a_full_confusion_matrix_of_100_classes_stays_below_3_mb(
    make_contents: Callable[..., Contents],
) -> None:
    page = render_html(replace(make_contents(100), confusion=np.full((100, 100), 7, dtype=np.int64)))
    assert len(page.encode()) < 3_000_000
