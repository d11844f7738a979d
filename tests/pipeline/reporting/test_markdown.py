import re
from dataclasses import replace

import pytest

from pipeline.reporting.contents import Contents
from pipeline.reporting.markdown import escaped, leaderboard_markdown, render_markdown, table


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_every_table_row_has_as_many_cells_as_its_header(contents: Contents) -> None:
    labels = [f"{label}|x\ny" for label in contents.labels]
    report = render_markdown(replace(contents, labels=labels, competition="a|b", warnings=["c|d"]))
    widths: list[set[int]] = []
    for before, line in zip(["", *report.splitlines()], report.splitlines(), strict=False):
        if line.startswith("|"):
            if not before.startswith("|"):
                widths.append(set())
            widths[-1].add(len(cells(line)))
    assert len(widths) == 4
    assert all(len(width) == 1 for width in widths)


def test_each_alignment_says_what_it_knows_of_itself(contents: Contents) -> None:
    first = {"method": "frequency", "method_used": "frequency", "coverage": 0.5}
    second = {"method": "context", "method_used": "frequency", "confidence": 0.125, "evidence": {"gain": 1.0}}
    report = render_markdown(replace(contents, alignment={"a": first, "b": second}))
    section = report[report.index("## Vocabulary alignment") :].splitlines()
    assert cells(section[2]) == ["Encoder", "method", "method used", "coverage", "confidence"]
    assert cells(section[4]) == ["a", "frequency", "frequency", "50.0 %", "–"]
    assert cells(section[5]) == ["b", "context", "frequency", "–", "0.125"]


def test_the_report_has_its_numbers(contents: Contents) -> None:
    report = render_markdown(contents)
    assert f"**{contents.chosen.nested:.4f}**" in report
    assert "**+0.0213** (95 %: +0.0118 to +0.0307)" in report
    assert "| 94.1 % |" in report
    assert all(label in report for label in contents.labels)
    assert report == render_markdown(contents)
    assert report.endswith("\n")


def test_readme_table_has_a_row_a_name_with_the_chosen_marked(contents: Contents) -> None:
    lines = leaderboard_markdown(contents).splitlines()
    assert len(lines) == 2 + 8
    assert cells(lines[2])[0] == "**vote-rank**"
    assert cells(lines[0])[-1] == "Hidden test"
    assert len(leaderboard_markdown(contents, one_per_name=False).splitlines()) == 2 + 24


def test_without_an_answer_key_there_is_no_hidden_column(contents: Contents) -> None:
    candidates = [replace(candidate, hidden=None) for candidate in contents.candidates]
    report = render_markdown(replace(contents, candidates=candidates))
    assert "Hidden" not in report


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", "a\\|b"),
        ("<script>&", "&lt;script&gt;&amp;"),
        ("nelder_mead", "nelder_mead"),
        ("__init__", "\\_\\_init\\_\\_"),
        ("*a* `b` [c](d)\ne", "\\*a\\* \\`b\\` \\[c\\](d) e"),
    ],
)
def test_text_is_escaped(text: str, expected: str) -> None:
    assert escaped(text) == expected


def test_table_aligns_numbers_right() -> None:
    assert table(["a", "b"], [["1", "2"]], numbers_from=1) == "| a | b |\n| --- | ---: |\n| 1 | 2 |\n"
