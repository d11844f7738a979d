"""The section on how members differ."""

from dataclasses import replace

import numpy as np

from pipeline.reporting.page import render_html
from pipeline.reporting.sections import similarity


def test_double_fault_and_gains_are_shown_where_they_were_measured(contents):
    section = similarity(contents)
    assert [title for title, _, _ in section["matrices"]] == ["Agreement", "Correlation"]
    assert "What each adds" not in render_html(contents)
    measured = replace(
        contents,
        double_fault=np.array([[0.4, 0.21, 0.22], [0.21, 0.3, 0.23], [0.22, 0.23, 0.35]]),
        member_gains={"bert-ce": 0.0123, "nezha-dice": -0.0045, "tfidf-svm": 0.0},
        gains_rule="hill_climb",
    )
    page = render_html(measured)
    assert "Double fault" in page
    assert "0.210" in page
    assert "nested macro-F1 of hill_climb with it, minus without" in page
    assert '<th scope="row">bert-ce</th><td class="num">+0.0123</td>' in page
