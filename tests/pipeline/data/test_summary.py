import json

import numpy as np
import pandas as pd

from pipeline.data.duplicates import NearDuplicates
from pipeline.data.inputs import InputSettings
from pipeline.data.prepare import prepare_corpus, prepare_test, prepare_train
from pipeline.data.summary import describe_lengths, summarise

SETTINGS = InputSettings(["strip_whitespace"], "[EMPTY]")


def rows(texts, labels=None):
    columns = {"text": texts} if labels is None else {"text": texts, "label": labels}
    return pd.DataFrame(columns).assign(file="a.csv", line=range(2, 2 + len(texts)))


def summary(rule="keep", **options):
    train = prepare_train(
        rows(["a b", "a b", "c", "c", ""], ["x", "x", "y", "x", "x"]),
        SETTINGS,
        rules={"missing_text": "placeholder", "emptied_text": "placeholder", "conflicting_labels": rule},
    )
    test = prepare_test(rows(["c", "d", " c"]), SETTINGS)
    corpus = prepare_corpus(rows(["c", "d", "c"]), SETTINGS)
    return summarise(train, test, corpus, **options)


def test_numbers():
    found = summary(replaced_bytes=3)
    assert {key: value for key, value in found.items() if isinstance(value, int)} == {
        "train_rows": 5,
        "test_rows": 3,
        "corpus_texts": 2,
        "classes": 2,
        "rarest_class_rows": 1,
        "largest_class_rows": 4,
        "repeated_train_rows": 2,
        "repeated_train_texts": 2,
        "rows_read": 5,
        "conflicting_texts": 1,
        "relabelled_rows": 0,
        "dropped_rows": 0,
        "lost_classes": 0,
        "test_rows_also_in_train": 2,
        "empty_corpus_texts": 0,
        "repeated_corpus_texts": 1,
        "replaced_bytes": 3,
    }
    assert found["label_histogram"] == [{"label": "x", "rows": 4}, {"label": "y", "rows": 1}]
    bad_rows = found["bad_rows"]
    assert {reason: n for reason, n in bad_rows["train"].items() if n} == {"missing_text": 1, "conflicting_labels": 2}
    assert bad_rows["test"] == {"missing_text": 0, "emptied_text": 0}
    assert found["conflicts"] == [{"row_ids": ["2", "3"], "labels": {"y": 1, "x": 1}}]


def test_near_duplicates_are_counted_where_they_were_looked_for():
    assert "nearly_repeated_train_rows" not in summary()
    near = NearDuplicates(np.array([0, 0, 0, 0, 1]), np.array([True, True, False]))
    found = summary(near=near)
    assert found["nearly_repeated_train_rows"] == 3
    assert found["largest_near_group_rows"] == 4
    assert found["test_rows_nearly_in_train"] == 2
    assert found["repeated_train_rows"] == 2
    assert "2 test rows have nearly, or exactly, the text of a training row" in found["warnings"]


def test_is_json_and_holds_no_text():
    written = json.dumps(summary(), allow_nan=False)
    assert "a b" not in written


def test_warnings():
    found = summary("drop", warnings=["read as gb18030"], allowed_labels=["x", "y", "z"])
    assert found["warnings"] == [
        "read as gb18030",
        "1 training rows have no text (1 placeholder); data/prepared/rejected.csv has the lines",
        "2 training rows have a text that other rows give another label (2 dropped); "
        "data/prepared/rejected.csv has the lines",
        "1 classes have no row left",
        "2 labels of data.labels have no training row: y, z",
    ]


def test_lengths():
    tokens, characters = describe_lengths("train", ["a", "bb cc", "d e f", "四个汉字"])
    assert tokens["split"] == "train"
    assert tokens["unit"] == "tokens"
    assert (tokens["mean"], tokens["q0"], tokens["q50"], tokens["q100"]) == (1.8, 1, 1, 3)
    assert (characters["mean"], characters["q25"], characters["q100"]) == (3.8, 1, 5)
    assert characters["unit"] == "characters"
