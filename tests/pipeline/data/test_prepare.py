import numpy as np
import pandas as pd
import pytest

from pipeline.data.bad_rows import list_replaced_bytes
from pipeline.data.inputs import InputSettings
from pipeline.data.prepare import prepare_corpus, prepare_test, prepare_train
from pipeline.errors import UserError

SETTINGS = InputSettings(["strip_whitespace"], "[EMPTY]")
RULES = {
    "missing_label": "refuse",
    "illegal_label": "refuse",
    "missing_text": "placeholder",
    "emptied_text": "placeholder",
    "missing_id": "refuse",
    "repeated_id": "refuse",
    "conflicting_labels": "keep",
}


def rows(texts, labels=None, ids=None):
    frame = pd.DataFrame({"text": pd.Series(texts, dtype=object)})
    if labels is not None:
        frame["label"] = pd.Series(labels, dtype=object)
    if ids is not None:
        frame["row_id"] = pd.Series(ids, dtype=object)
    return frame.assign(file="a.csv", line=range(2, 2 + len(texts)))


def listed(prepared):
    """The list of bad rows without the file, which is one."""
    table = prepared.bad_rows
    assert table.columns.tolist() == ["file", "line", "row_id", "reason", "handled"]
    assert set(table["file"]) <= {"a.csv"}
    return list(table.drop(columns="file").itertuples(index=False, name=None))


def test_train_table():
    given = rows([" a ", "b", "a\u2028", None, "\u3000"], ["10", "2", "10 ", "2", "10"], ["07", "7", "x y", "-", "5"])
    train = prepare_train(given, rules=RULES, settings=SETTINGS)
    assert train.table.columns.tolist() == ["row_id", "text", "label", "label_id", "group"]
    assert train.table["row_id"].tolist() == ["07", "7", "x y", "-", "5"]
    assert train.table["text"].tolist() == ["a", "b", "a", "[EMPTY]", "[EMPTY]"]
    assert train.table["label"].tolist() == ["10", "2", "10", "2", "10"]
    assert train.table["label_id"].tolist() == [1, 0, 1, 0, 1]
    assert train.table["group"].tolist() == [0, 1, 0, 2, 2]
    assert train.table["label_id"].dtype == np.int32
    assert train.table["group"].dtype == np.int64
    assert train.labels.names == ["2", "10"]
    assert listed(train) == [
        (5, "-", "missing_text", "placeholder"),
        (5, "-", "conflicting_labels", "kept"),
        (6, "5", "missing_text", "placeholder"),  # nothing but white space is nothing
        (6, "5", "conflicting_labels", "kept"),
    ]
    assert given["text"].tolist()[0] == " a "


def test_rows_without_ids_are_numbered():
    train = prepare_train(rows(["a", "b"], ["x", "y"]), rules=RULES, settings=SETTINGS)
    assert train.table["row_id"].tolist() == ["0", "1"]
    assert prepare_test(rows(["a", "a"]), settings=SETTINGS).table["row_id"].tolist() == ["0", "1"]


def test_levels():
    train = prepare_train(rows(["a", "b"], ["1-2", "2-1"]), rules=RULES, level_separator="-", settings=SETTINGS)
    assert train.labels.parents == ["1", "2"]


@pytest.mark.parametrize(
    ("rule", "ids", "labels", "counts", "handled"),
    [
        ("keep", ["0", "1", "2", "3", "4"], ["x", "y", "x", "z", "y"], (1, 0, 0, 0), ["kept"] * 3),
        (
            "majority",
            ["0", "1", "2", "3", "4"],
            ["x", "x", "x", "z", "y"],
            (1, 1, 0, 0),
            ["kept", "relabelled", "kept"],
        ),
        ("drop", ["3", "4"], ["z", "y"], (1, 0, 3, 1), ["dropped"] * 3),
    ],
)
def test_conflicting_labels(rule, ids, labels, counts, handled):
    train = prepare_train(
        rows(["a", " a", "a ", "b", "c"], ["x", "y", "x", "z", "y"]),
        rules=RULES | {"conflicting_labels": rule},
        settings=SETTINGS,
    )
    assert train.table["row_id"].tolist() == ids
    assert train.table["label"].tolist() == labels
    assert train.table["label_id"].tolist() == [train.labels.names.index(label) for label in labels]
    keys = ("conflicting_texts", "relabelled_rows", "dropped_rows", "lost_classes")
    assert tuple(train.counts[key] for key in keys) == counts
    assert [row[:3] for row in listed(train)] == [(2 + i, str(i), "conflicting_labels") for i in range(3)]
    assert [row[3] for row in listed(train)] == handled
    assert train.conflicts == [{"row_ids": ["0", "1", "2"], "labels": {"x": 2, "y": 1}}]
    assert train.table["group"].min() == 0


def test_dropping_everything_is_refused():
    with pytest.raises(UserError, match="drop leaves no row"):
        prepare_train(rows(["a", "a"], ["x", "y"]), rules=RULES | {"conflicting_labels": "drop"}, settings=SETTINGS)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (
            rows(["a", "b", "c"], ["x", " ", None]),
            r"2 rows have no label: a\.csv:3 \(''\), a\.csv:4 \(None\)\. Mend them, or set .*\.missing_label to drop$",
        ),
        (
            rows(["a", "b"], ["x", "x"], ["1", ""]),
            r"1 rows have no id: a\.csv:3 \(''\)\. Mend them, or set data\.bad_rows\.missing_id to drop or number$",
        ),
        (
            rows(["a"] * 8, ["x"] * 8, ["1"] * 8),
            r"7 rows have an id that an earlier row has: a\.csv:3 \('1'\),.*, …\. .* to keep_first or number$",
        ),
    ],
)
def test_train_rows_that_cannot_be_kept(frame, message):
    with pytest.raises(UserError, match=message):
        prepare_train(frame, rules=RULES, settings=SETTINGS)


def test_illegal_labels():
    frame = rows(["a", "b", "c"], ["0", "10", "-"])
    with pytest.raises(
        UserError,
        match=r"2 rows .* not list: a\.csv:3 \('10'\), a\.csv:4 \('-'\)\. Allowed are 0, 1\. .*illegal_label to drop$",
    ):
        prepare_train(frame, rules=RULES, allowed_labels=["0", "1"], settings=SETTINGS)


def test_test_rows_all_stay_in_order():
    test = prepare_test(rows(["b", None, "b", "", "a"], ids=["9", "01", "1", "x", "y"]), settings=SETTINGS)
    assert test.table["row_id"].tolist() == ["9", "01", "1", "x", "y"]
    assert test.table["text"].tolist() == ["b", "[EMPTY]", "b", "[EMPTY]", "a"]
    assert listed(test) == [(3, "01", "missing_text", "placeholder"), (5, "x", "missing_text", "placeholder")]


def test_white_space_alone_is_empty_even_without_cleaning():
    assert prepare_test(rows([" \u3000", "a "]), InputSettings([], "-")).table["text"].tolist() == [
        "-",
        "a ",
    ]


def test_test_ids_must_name_rows():
    with pytest.raises(UserError, match=r"an id that an earlier row has: a\.csv:3 .*data\.columns\.id to null"):
        prepare_test(rows(["a", "b"], ids=["1", "1"]), settings=SETTINGS)


def test_corpus_keeps_each_text_once():
    corpus = prepare_corpus(rows(["b", " a", "a", None, "b\n", "\u200b"]), SETTINGS)
    assert corpus.table["text"].tolist() == ["b", "a"]
    assert corpus.counts == {"rows_read": 6, "empty_texts": 2, "repeated_texts": 2}
    with pytest.raises(UserError, match=r"data\.corpus: no text"):
        prepare_corpus(rows(["", None]), SETTINGS)


BAD = rows(
    ["a", "b", None, "\u200b", "a", "c", "d", "e", "f"],
    ["x", " ", "y", "x", "z", "10", None, "y", "x"],
    ["1", "2", "3", "4", "1", "5", "", " ", "6"],
)
DROP = {**RULES, "missing_label": "drop", "illegal_label": "drop", "missing_id": "drop", "repeated_id": "keep_first"}


def test_every_rule_drops_its_rows_and_lists_them():
    rules = {**DROP, "missing_text": "drop", "emptied_text": "drop"}
    train = prepare_train(BAD, rules=rules, allowed_labels=["x", "y", "z"], settings=SETTINGS)
    assert train.table[["row_id", "text", "label"]].to_numpy().tolist() == [["1", "a", "x"], ["6", "f", "x"]]
    assert listed(train) == [
        (3, "2", "missing_label", "dropped"),
        (4, "3", "missing_text", "dropped"),
        (5, "4", "emptied_text", "dropped"),
        (6, "1", "repeated_id", "dropped"),
        (7, "5", "illegal_label", "dropped"),
        (8, "", "missing_label", "dropped"),  # it has no id either: a row is dropped for the first reason
        (9, " ", "missing_id", "dropped"),
    ]
    assert train.counts == {
        "rows_read": 9, "conflicting_texts": 0, "relabelled_rows": 0, "dropped_rows": 7, "lost_classes": 2,
    }  # fmt: skip


def test_a_placeholder_keeps_the_row_and_numbers_take_the_place_of_ids():
    rules = {**DROP, "missing_id": "number", "conflicting_labels": "drop"}
    train = prepare_train(BAD, rules=rules, allowed_labels=["x", "y", "z"], settings=SETTINGS)
    # Numbers count the rows as they were read; the two placeholders conflict, and so do the two texts "a".
    assert train.table[["row_id", "text"]].to_numpy().tolist() == [["7", "e"], ["8", "f"]]
    assert [row for row in listed(train) if row[0] in (4, 6, 9)] == [
        (4, "3", "missing_text", "placeholder"),
        (4, "2", "conflicting_labels", "dropped"),
        (6, "4", "conflicting_labels", "dropped"),
        (9, " ", "missing_id", "numbered"),
    ]


def test_a_row_that_is_dropped_does_not_make_an_id_repeated():
    frame = rows(["a", "b"], ["", "x"], ["1", "1"])
    train = prepare_train(frame, rules={**RULES, "missing_label": "drop"}, settings=SETTINGS)
    assert train.table["row_id"].tolist() == ["1"]
    assert train.bad_rows["reason"].tolist() == ["missing_label"]


@pytest.mark.parametrize("reason", ["missing_text", "emptied_text"])
def test_texts_can_be_refused(reason):
    bad = None if reason == "missing_text" else "\u200b"
    with pytest.raises(
        UserError, match=rf"1 rows have .*text.*: a\.csv:3 .* data\.bad_rows\.{reason} to placeholder or drop$"
    ):
        prepare_train(rows(["a", bad], ["x", "x"]), rules={**RULES, reason: "refuse"}, settings=SETTINGS)


def test_no_row_left_is_refused():
    with pytest.raises(UserError, match="no training row is left"):
        prepare_train(rows(["a"], [None]), rules={**RULES, "missing_label": "drop"}, settings=SETTINGS)


def test_long_values_are_cut_in_messages():
    with pytest.raises(UserError, match=r"\('x{39}…\)\. Allowed"):
        prepare_train(rows(["a"], ["x" * 500]), rules=RULES, allowed_labels=["y"], settings=SETTINGS)


def test_classes_of_one_file_alone_are_named():
    frame = rows(["a", "b", "c", "d"], ["x", "y", "x", "y "])
    assert prepare_train(frame, rules=RULES, settings=SETTINGS).warnings == []
    frame["file"] = ["a.csv", "a.csv", "b.csv", "b.csv"]
    assert prepare_train(frame, rules=RULES, settings=SETTINGS).warnings == []
    frame["label"] = ["10", "9", "10", "9.0"]
    (warning,) = prepare_train(frame, rules=RULES, settings=SETTINGS).warnings
    assert warning == "2 classes stand in only one of the training files: 9 (a.csv), 9.0 (b.csv)"


def test_replaced_bytes_are_listed_once_a_line():
    table = list_replaced_bytes({"b.csv": [3, 3, 9], "a.csv": [1]})
    assert table["file"].tolist() == ["b.csv", "b.csv", "a.csv"]
    assert table["line"].tolist() == [3, 9, 1]
    assert set(table["reason"]) == {"undecodable_bytes"}
    assert table["row_id"].isna().all()
    assert list_replaced_bytes({}).columns.tolist() == table.columns.tolist()


DIALOGUE = InputSettings(["strip_whitespace"], "[EMPTY]", window=2, separator=" | ")


def dialogue_rows():
    frame = rows([" hi ", "ok", None, "bye", "hi", "alone"], ["x", "y", "x", "10", "x", "x"])
    return frame.assign(
        dialogue=["d1", "d1 ", "d1", "d1", "d2", None],
        turn=["10", "9", "11", "12", "1", None],
        speaker=["A", None, "B", " ", "A", "A"],
        group=["g", "g", "h", "h", "h", ""],
        fold=["2", "10", "2", "2", "1", "1"],
    )


def test_context_is_of_all_rows_and_of_cleaned_texts():
    rules = {**RULES, "illegal_label": "drop", "missing_text": "drop"}
    frame = dialogue_rows()
    train = prepare_train(frame, DIALOGUE, rules=rules, allowed_labels=["x", "y"])
    assert train.table["text"].tolist() == ["A: hi | ok", "ok", "A: hi", "A: alone"]
    assert train.table["group"].tolist() == [0, 1, 2, 3]
    # d1 and d2 are tied by the group h, which a dropped row has too: only rows that stay tie.
    assert train.table["given_group"].tolist() == [0, 0, 1, 2]
    assert train.table["given_fold"].tolist() == [1, 2, 0, 0]
    assert train.table["given_fold"].dtype == np.int32
    assert train.warnings == ["1 training rows have no dialogue: each stands alone"]
    everything = prepare_train(frame, DIALOGUE, rules=RULES)
    assert everything.table["text"].tolist()[2:4] == ["B: [EMPTY] | A: hi | ok", "bye | B: [EMPTY] | A: hi"]
    assert everything.table["given_group"].tolist() == [0, 0, 0, 0, 0, 1]


def test_equal_words_in_other_context_are_no_duplicates():
    frame = rows(["a", "same", "b", "same"], ["x", "x", "x", "y"]).assign(dialogue=["1", "1", "2", "2"])
    assert prepare_train(frame, DIALOGUE, rules=RULES).counts["conflicting_texts"] == 0
    assert (
        prepare_train(frame, SETTINGS._replace(window=0, separator=" "), rules=RULES).counts["conflicting_texts"] == 1
    )


def test_test_rows_and_corpus_have_context_too():
    frame = dialogue_rows().drop(columns=["label", "group", "fold"])
    test = prepare_test(frame, DIALOGUE)
    assert test.table["text"].tolist() == [
        "A: hi | ok", "ok", "B: [EMPTY] | A: hi | ok", "bye | B: [EMPTY] | A: hi", "A: hi", "A: alone",
    ]  # fmt: skip
    assert test.warnings == ["1 test rows have no dialogue: each stands alone"]
    plain = rows(["plain", "hi"]).assign(file="b.csv")
    corpus = prepare_corpus(pd.concat([frame, plain], ignore_index=True), DIALOGUE)
    assert corpus.table["text"].tolist() == [
        "A: hi | ok", "ok", "bye | B: [EMPTY] | A: hi", "A: hi", "A: alone", "plain", "hi",
    ]  # fmt: skip


def test_turns_have_to_be_there_and_repeated_ones_are_told():
    frame = dialogue_rows()
    frame.loc[1, "turn"] = ""
    with pytest.raises(
        UserError, match=r"1 rows of a dialogue have no turn: a\.csv:3 \(''\)\. .*data\.context\.turn to null"
    ):
        prepare_train(frame, DIALOGUE, rules=RULES)
    frame.loc[1, "turn"] = "10"
    train = prepare_train(frame, DIALOGUE, rules=RULES)
    assert "1 training rows have the turn of another row of their dialogue: the file decides" in train.warnings
    assert train.table["text"].tolist()[:2] == ["A: hi", "ok | A: hi"]


def test_fold_minus_one_stays_what_it_is():
    frame = dialogue_rows().assign(fold=["7", "-1", "10", "9", " -1", "10"])
    train = prepare_train(frame, DIALOGUE, rules=RULES)
    assert train.table["given_fold"].tolist() == [0, -1, 2, 1, -1, 2]
    assert train.table["given_fold"].dtype == np.int32


def test_a_row_without_fold_is_refused():
    frame = dialogue_rows()
    frame.loc[2, "fold"] = None
    with pytest.raises(UserError, match=r"1 rows have no fold: a\.csv:4 \(None\)\. .*data\.columns\.fold to null"):
        prepare_train(frame, DIALOGUE, rules=RULES)


def test_without_such_columns_the_table_has_none():
    train = prepare_train(rows(["a"], ["x"]), SETTINGS, rules=RULES)
    assert train.table.columns.tolist() == ["row_id", "text", "label", "label_id", "group"]
