import pytest

from pipeline.data.preview import (
    ChangedText,
    CleaningPreview,
    count_changes,
    describe_preview,
    preview_as_json,
    preview_cleaning,
)

SQUEEZE = {"name": "squeeze_repeats", "longest": 1}


def test_counts_rows_by_step_and_orders_texts_by_change():
    texts = ["AB", "", "哈哈哈哈", "AB", "same", " ", "Long text", "aaaa"]
    preview = preview_cleaning(texts, ["lower_case", SQUEEZE, "strip_whitespace"], 10)
    assert preview.n_rows == 8
    assert preview.n_changed == 6
    assert preview.n_emptied == 0  # row 5 had nothing to lose
    assert preview.step_rows == (("lower_case", 3), ("squeeze_repeats", 2), ("strip_whitespace", 1))
    assert preview.most_changed == (
        ChangedText(0, 2, "AB", "ab", 2, 2, ("lower_case",)),
        ChangedText(2, 1, "哈哈哈哈", "哈", 3, 0, ("squeeze_repeats",)),  # as much as row 7, which comes later
        ChangedText(7, 1, "aaaa", "a", 3, 0, ("squeeze_repeats",)),
        ChangedText(6, 1, "Long text", "long text", 1, 1, ("lower_case",)),
        ChangedText(5, 1, " ", "", 1, 0, ("strip_whitespace",)),
    )


def test_a_step_counts_what_the_steps_before_it_left():
    preview = preview_cleaning(["AAaa", "a"], ["lower_case", SQUEEZE, "lower_case"], 1)
    assert preview.step_rows == (("lower_case", 1), ("squeeze_repeats", 1), ("lower_case", 0))
    assert preview.most_changed == (ChangedText(0, 1, "AAaa", "a", 3, 0, ("lower_case", "squeeze_repeats")),)


def test_equal_changes_put_the_shorter_text_first():
    texts = ["转发微博！！！！", "转发微博", "好转发微博"]
    preview = preview_cleaning(texts, ["strip_boilerplate"], 2)
    assert [text.before for text in preview.most_changed] == ["转发微博", "好转发微博"]
    assert preview.n_emptied == 1


def test_a_text_that_comes_back_has_not_changed():
    preview = preview_cleaning(["a\xa0b", "x"], [], 5)
    assert preview == CleaningPreview(2, 0, 0, (), ())
    assert preview_cleaning([], ["lower_case"], 5) == CleaningPreview(0, 0, 0, (("lower_case", 0),), ())


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [("", "", (0, 0)), ("abc", "cab", (0, 0)), ("aab", "ab", (1, 0)), ("漢a", "汉ab", (1, 2)), ("x", "", (1, 0))],
)
def test_changes_are_counted_as_bags(before, after, changes):
    assert count_changes(before, after) == changes


def test_what_is_printed():
    long = "一" * 50 + "\u200b哈" + "二" * 400
    preview = preview_cleaning([long, "转发微博", "转发微博", "same"], ["strip_boilerplate", "strip_whitespace"], 2)
    assert describe_preview(preview, ["a.csv:2", "a.csv:3", "b.csv:2", "b.csv:3"]) == [
        "3 of 4 rows change, 2 become empty; changed by",
        "  strip_boilerplate  2",
        "  strip_whitespace   1",
        "",
        "a.csv:3 and 1 more: -4 +0 characters by strip_boilerplate",
        "  before  '转发微博'",
        "  after   ''",
        "",
        "a.csv:2: -1 +0 characters by strip_whitespace",
        "  before  …'" + "一" * 40 + "\\u200b哈" + "二" * 258 + "'…",
        "  after   …'" + "一" * 40 + "哈" + "二" * 259 + "'…",
    ]


def test_the_report_gets_the_part_of_each_text_where_it_changes():
    preview = preview_cleaning(
        ["x" * 400 + "\u200b", "转发微博", "转发微博"], ["strip_boilerplate", "strip_whitespace"], 1
    )
    assert preview_as_json(preview, ["a.csv:2", "a.csv:3", "a.csv:4"]) == {
        "rows": 3,
        "changed_rows": 3,
        "emptied_rows": 2,
        "steps": [{"step": "strip_boilerplate", "changed_rows": 2}, {"step": "strip_whitespace", "changed_rows": 1}],
        "most_changed": [
            {"place": "a.csv:3", "rows": 2, "before": "'转发微博'", "after": "''", "steps": ["strip_boilerplate"]}
        ],
    }
