import numpy as np
import pandas as pd
import pytest

from pipeline.data.prepare import prepare_corpus, prepare_test, prepare_train
from pipeline.errors import UserError

SETTINGS = {"steps": ["strip_whitespace"], "empty_text": "[EMPTY]"}


def rows(texts, labels=None, ids=None):
    frame = pd.DataFrame({"text": pd.Series(texts, dtype=object)})
    if labels is not None:
        frame["label"] = pd.Series(labels, dtype=object)
    if ids is not None:
        frame["row_id"] = pd.Series(ids, dtype=object)
    return frame.assign(file="a.csv", line=range(2, 2 + len(texts)))


def test_train_table():
    given = rows([" a ", "b", "a\u2028", None, "\u3000"], ["10", "2", "10 ", "2", "10"], ["07", "7", "x y", "-", "5"])
    train = prepare_train(given, conflicting_labels="keep", **SETTINGS)
    assert train.table.columns.tolist() == ["row_id", "text", "label", "label_id", "group"]
    assert train.table["row_id"].tolist() == ["07", "7", "x y", "-", "5"]
    assert train.table["text"].tolist() == ["a", "b", "a", "[EMPTY]", "[EMPTY]"]
    assert train.table["label"].tolist() == ["10", "2", "10", "2", "10"]
    assert train.table["label_id"].tolist() == [1, 0, 1, 0, 1]
    assert train.table["group"].tolist() == [0, 1, 0, 2, 2]
    assert train.table["label_id"].dtype == np.int32
    assert train.table["group"].dtype == np.int64
    assert train.labels.names == ["2", "10"]
    assert train.counts["empty_texts"] == 2
    assert given["text"].tolist()[0] == " a "


def test_rows_without_ids_are_numbered():
    train = prepare_train(rows(["a", "b"], ["x", "y"]), conflicting_labels="keep", **SETTINGS)
    assert train.table["row_id"].tolist() == ["0", "1"]
    assert prepare_test(rows(["a", "a"]), **SETTINGS).table["row_id"].tolist() == ["0", "1"]


def test_levels():
    train = prepare_train(rows(["a", "b"], ["1-2", "2-1"]), conflicting_labels="keep", level_separator="-", **SETTINGS)
    assert train.labels.parents == ["1", "2"]


@pytest.mark.parametrize(
    ("rule", "ids", "labels", "counts"),
    [
        ("keep", ["0", "1", "2", "3", "4"], ["x", "y", "x", "z", "y"], (1, 3, 0, 0, 0)),
        ("majority", ["0", "1", "2", "3", "4"], ["x", "x", "x", "z", "y"], (1, 3, 1, 0, 0)),
        ("drop", ["3", "4"], ["z", "y"], (1, 3, 0, 3, 1)),
    ],
)
def test_conflicting_labels(rule, ids, labels, counts):
    train = prepare_train(
        rows(["a", " a", "a ", "b", "c"], ["x", "y", "x", "z", "y"]), conflicting_labels=rule, **SETTINGS
    )
    assert train.table["row_id"].tolist() == ids
    assert train.table["label"].tolist() == labels
    assert train.table["label_id"].tolist() == [train.labels.names.index(label) for label in labels]
    keys = ("conflicting_texts", "conflicting_rows", "relabelled_rows", "dropped_rows", "lost_classes")
    assert tuple(train.counts[key] for key in keys) == counts
    assert train.conflicts == [{"row_ids": ["0", "1", "2"], "labels": {"x": 2, "y": 1}}]
    assert train.table["group"].min() == 0


def test_dropping_everything_is_refused():
    with pytest.raises(UserError, match="drop leaves no row"):
        prepare_train(rows(["a", "a"], ["x", "y"]), conflicting_labels="drop", **SETTINGS)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (
            rows(["a", "b", "c"], ["x", " ", None]),
            r"2 rows have no label: a\.csv:3 \(' '\), a\.csv:4 \(None\)\. Every",
        ),
        (rows(["a", "b"], ["x", "x"], ["1", ""]), r"1 rows have no id: a\.csv:3 \(''\).*columns\.id to null"),
        (
            rows(["a"] * 8, ["x"] * 8, ["1"] * 8),
            r"7 rows have an id that an earlier row has: a\.csv:3 \('1'\),.*, …\.",
        ),
    ],
)
def test_train_rows_that_cannot_be_kept(frame, message):
    with pytest.raises(UserError, match=message):
        prepare_train(frame, conflicting_labels="keep", **SETTINGS)


def test_illegal_labels():
    frame = rows(["a", "b", "c"], ["0", "10", "-"])
    with pytest.raises(
        UserError, match=r"2 rows .* not allowed: a\.csv:3 \('10'\), a\.csv:4 \('-'\)\. Allowed .*: 0, 1\."
    ):
        prepare_train(frame, conflicting_labels="keep", allowed_labels=["0", "1"], **SETTINGS)


def test_test_rows_all_stay_in_order():
    test = prepare_test(rows(["b", None, "b", "", "a"], ids=["9", "01", "1", "x", "y"]), **SETTINGS)
    assert test.table["row_id"].tolist() == ["9", "01", "1", "x", "y"]
    assert test.table["text"].tolist() == ["b", "[EMPTY]", "b", "[EMPTY]", "a"]
    assert test.counts == {"rows_read": 5, "empty_texts": 2}


def test_white_space_alone_is_empty_even_without_cleaning():
    assert prepare_test(rows([" \u3000", "a "]), steps=[], empty_text="-").table["text"].tolist() == [
        "-",
        "a ",
    ]


def test_test_ids_must_name_rows():
    with pytest.raises(UserError, match="an id that an earlier row has"):
        prepare_test(rows(["a", "b"], ids=["1", "1"]), **SETTINGS)


def test_corpus_keeps_each_text_once():
    corpus = prepare_corpus(rows(["b", " a", "a", None, "b\n", "\u200b"]), steps=["strip_whitespace"])
    assert corpus.table["text"].tolist() == ["b", "a"]
    assert corpus.counts == {"rows_read": 6, "empty_texts": 2, "repeated_texts": 2}
    with pytest.raises(UserError, match=r"data\.corpus: no text"):
        prepare_corpus(rows(["", None]), steps=[])
