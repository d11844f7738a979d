import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.submission import Template, read_template, render_submission, validate_submission

IDS = ["1", "2", "3"]
LABELS = {"1": "a", "2": "b", "3": "a"}


def read(text, id_column="id"):
    return read_template(text, "sample.csv", id_column, IDS)


# ── What a sample fixes ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "template", "rendered"),
    [
        ("id,label\n1,x\n2,x\n3,x\n", Template(("id", "label"), IDS, ",", True), "id,label\n1,a\n2,b\n3,a\n"),
        ("id,label\n3,x\n1,x\n2,x", Template(("id", "label"), ["3", "1", "2"], ",", True), "id,label\n3,a\n1,a\n2,b\n"),
        ("id\tlabel\n1\tx\n2\tx\n3\tx\n", Template(("id", "label"), IDS, "\t", True), "id\tlabel\n1\ta\n2\tb\n3\ta\n"),
        ("label,id\nx,1\nx,2\nx,3\n", Template(("label", "id"), IDS, ",", False), "label,id\na,1\nb,2\na,3\n"),
        ("class,key\nx,1\nx,2\nx,3\n", Template(("class", "key"), IDS, ",", False), "class,key\na,1\nb,2\na,3\n"),
        ("key,class\n1,x\n2,x\n3,x\n", Template(("key", "class"), IDS, ",", True), "key,class\n1,a\n2,b\n3,a\n"),
        ("\ufeffid,label\n1,x\n2,x\n3,x\n", Template(("id", "label"), IDS, ",", True), "id,label\n1,a\n2,b\n3,a\n"),
        ("id,label\r\n1,x\r\n2,x\r\n3,x\r\n", Template(("id", "label"), IDS, ",", True), "id,label\n1,a\n2,b\n3,a\n"),
        ("id,label\r1,x\r2,x\r3,x\r", Template(("id", "label"), IDS, ",", True), "id,label\n1,a\n2,b\n3,a\n"),
        ("id,label\n1,x\n\n2,x\n3,x\n\n\n", Template(("id", "label"), IDS, ",", True), "id,label\n1,a\n2,b\n3,a\n"),
        ('"id","label"\n"1",x\n"2",x\n"3",x\n', Template(("id", "label"), IDS, ",", True), "id,label\n1,a\n2,b\n3,a\n"),
    ],
    ids=[
        "plain", "other order", "tabs", "id second", "id second by its values", "id first by its values", "BOM",
        "CRLF", "CR",
        "blank lines", "quoted",
    ],
)  # fmt: skip
def test_the_form_of_a_sample(text, template, rendered):
    assert read(text) == template
    assert render_submission(template, LABELS) == rendered


def test_the_name_of_the_id_column_comes_before_its_values():
    """Labels may look like ids."""
    assert not read("label,id\n3,1\n3,2\n3,3\n").id_first
    assert read("id,label\n1,3\n2,3\n3,3\n").id_first
    assert read("ident,label\n1,3\n2,1\n3,2\n").id_first, "of equally good columns the first"


@pytest.mark.parametrize("separator", ["|,|", ";"])
def test_the_separator_of_the_files_is_that_of_the_sample_where_it_is_there(separator):
    rows = [("id", "a,b"), *((i, "x,y") for i in IDS)]
    sample = "".join(f"{separator.join(row)}\r\n" for row in rows)
    template = read_template(sample, "sample.csv", "id", IDS, separator)
    assert template == Template(("id", "a,b"), IDS, separator, True)
    rendered = render_submission(template, dict.fromkeys(IDS, "x,y"))
    assert rendered == sample.replace("\r\n", "\n")
    assert validate_submission(rendered, template, IDS, ["x,y"]) == {"x,y": 3}
    plain = read_template("id,label\n1,x\n2,x\n3,x\n", "sample.csv", "id", IDS, separator)
    assert plain.separator == ","


def test_a_label_that_holds_a_long_separator_is_refused():
    template = Template(("id", "label"), ["1"], "|,|", True)
    rendered = render_submission(template, {"1": "a|,|b"})
    with pytest.raises(UserError, match="line 2: 3 columns"):
        validate_submission(rendered, template, ["1"], ["a|,|b"])


def test_an_id_with_unusual_characters_is_one_id():
    ids = ["a\u2028b", "c\x0bd", 'e"f', "g,h"]
    text = io.StringIO()
    csv.writer(text).writerows([("id", "label"), *((i, "x") for i in ids)])
    assert read_template(text.getvalue(), "sample.csv", "id", ids).ids == ids


# ── What is refused ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "sample.csv: empty; a sample submission has a header and a row for each test row"),
        ("\ufeff\n\n", "sample.csv: empty; "),
        (
            "id;label\n1;x\n",
            "sample.csv, line 1: 1 columns; two are allowed, the id and the label, with a comma, a tab or",
        ),
        ("id,label\n1,x\n2,x,y\n3,x\n", "sample.csv, line 3: 3 columns; "),
        ("id,label\n1,x\n2,x\n2,x\n", "sample.csv: the id '2' occurs more than once"),
        ("id,label\n1,x\n3,x\n", "sample.csv: 2 ids, the test file has 3: '2' is missing. Name the right files"),
        ("id,label\n1,x\n2,x\n3,x\n4,x\n", "sample.csv: 4 ids, the test file has 3: '4' is not a test row. "),
        (
            "id,label\n1,x\n2,x\n03,x\n",
            "sample.csv: 3 ids, the test file has 3: '3' is missing, '03' is not a test row. ",
        ),
        (
            "key,label\n1,x\n2,x\n4,x\n",
            "sample.csv: 3 ids, the test file has 3: '3' is missing, '4' is not a test row. ",
        ),
        ("1,x\n2,x\n3,x\n", "sample.csv: 2 ids, the test file has 3: '1' is missing. "),
    ],
    ids=["empty", "blank", "semicolons", "wide", "repeated", "missing", "extra", "both", "both, unnamed", "no header"],
)
def test_samples_that_do_not_fit(text, message):
    with pytest.raises(UserError) as refused:
        read(text)
    assert str(refused.value).startswith(message)


# ── What is written ─────────────────────────────────────────────────────────────────────────────────────────────

# A lone \r, which Python before 3.13 does not quote, makes a file that the validation refuses.
texts = st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), min_size=1, max_size=10)


@given(
    pairs=st.dictionaries(texts, texts, min_size=1, max_size=5),
    separator=st.sampled_from([",", "\t"]),
    id_first=st.booleans(),
)
def test_every_id_and_label_survives(pairs, separator, id_first):
    template = Template(("id", "label"), list(pairs), separator, id_first)
    rendered = render_submission(template, pairs)
    rows = list(csv.reader(io.StringIO(rendered, newline=""), delimiter=separator))
    assert rows[0] == ["id", "label"]
    assert [tuple(row if id_first else row[::-1]) for row in rows[1:]] == list(pairs.items())


def test_labels_with_commas_and_quotes():
    template = Template(("id", "label"), ["1", "2", "3"], ",", id_first=True)
    rendered = render_submission(template, {"1": "a,b", "2": 'say "c"', "3": "d\te"})
    assert rendered == 'id,label\n1,"a,b"\n2,"say ""c"""\n3,d\te\n'
