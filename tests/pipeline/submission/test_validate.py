import pytest

from pipeline.errors import UserError
from pipeline.submission import Template, render_submission, validate_submission

IDS, LABELS = ["1", "2", "3"], ["b", "a,c", "d"]
TEMPLATE = Template(("id", "label"), ["3", "1", "2"], ",", id_first=True)
GOOD = 'id,label\n3,b\n1,"a,c"\n2,b\n'


def test_a_good_submission_counts_its_labels():
    counts = validate_submission(GOOD, TEMPLATE, IDS, LABELS)
    assert list(counts.items()) == [("b", 2), ("a,c", 1), ("d", 0)]


@pytest.mark.parametrize("separator", [",", "\t"])
@pytest.mark.parametrize("id_first", [True, False])
def test_what_is_rendered_is_valid(separator, id_first):
    header = ("id", "label") if id_first else ("label", "id")
    template = Template(header, ["3", "1", "2"], separator, id_first)
    rendered = render_submission(template, {"1": "a,c", "2": "b", "3": "b"})
    assert sum(validate_submission(rendered, template, IDS, LABELS).values()) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "submission: the header is [], expected [['id', 'label']]"),
        (GOOD.replace("id,", "ID,"), "submission: the header is [['ID', 'label']], expected [['id', 'label']]"),
        (GOOD.replace("2,b\n", ""), "submission: 2 rows, expected 3"),
        (GOOD + "4,b\n", "submission: 4 rows, expected 3"),
        (GOOD.replace("2,b", "1,b"), "submission, line 4: id '1', expected '2'"),
        (GOOD.replace("3,b", "2,b"), "submission, line 2: id '2', expected '3'"),
        (GOOD.replace("2,b", "2,c"), "submission, line 4: label 'c' is none of the 3 classes"),
        (GOOD.replace("2,b", "2,"), "submission, line 4: label '' is none of the 3 classes"),
        (GOOD.replace("2,b", "2,b,b"), "submission, line 4: 3 columns, expected 2"),
        (GOOD.replace('"a,c"', "a,c"), "submission, line 3: 3 columns, expected 2"),
        (GOOD.replace("2,b", ""), "submission, line 4: 0 columns, expected 2"),
    ],
)
def test_what_does_not_fit_names_line_and_value(text, message):
    with pytest.raises(UserError) as refused:
        validate_submission(text, TEMPLATE, IDS, LABELS)
    assert str(refused.value) == message


@pytest.mark.parametrize("ids", [["1", "2"], ["1", "2", "4"], ["1", "2", "3", "4"]])
def test_a_template_of_other_ids(ids):
    with pytest.raises(UserError, match=r"^submission: 3 ids, the test file has"):
        validate_submission(GOOD, TEMPLATE, ids, LABELS)


def test_a_template_with_an_id_twice():
    template = Template(("id", "label"), ["1", "1", "2"], ",", id_first=True)
    with pytest.raises(UserError, match="the id '1' occurs more than once"):
        validate_submission("id,label\n1,b\n1,b\n2,b\n", template, IDS, LABELS)
