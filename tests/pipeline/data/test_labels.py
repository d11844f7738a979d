import numpy as np
import pytest

from pipeline.data.labels import encode_labels, make_label_set, sort_labels


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["10", "2", "2", "-1"], ["-1", "2", "10"]),
        (["1-10", "1-2", "1-1"], ["1-1", "1-10", "1-2"]),
        (["10", "2", "x"], ["10", "2", "x"]),
        (["7", "07"], ["07", "7"]),
        (["b", "a", "B"], ["B", "a", "b"]),
    ],
)
def test_order(labels, expected):
    assert sort_labels(labels) == expected
    assert sort_labels(labels[::-1]) == expected


def test_parents_stand_before_the_first_separator():
    labels = make_label_set(["10-2", "9-1", "9-1-3", "9-10", "other"], "-")
    assert labels.names == ["10-2", "9-1", "9-1-3", "9-10", "other"]
    assert labels.parents == ["10", "9", "other"]
    assert labels.parent_ids == [0, 1, 1, 1, 2]
    assert make_label_set(["2-1", "10-1"], "-").parents == ["2", "10"]


def test_without_levels_there_are_no_parents():
    assert make_label_set(["a-b", "a-c"]) == (["a-b", "a-c"], [], [])


def test_encode():
    ids = encode_labels(["b", "a", "b"], ["a", "b"])
    assert ids.tolist() == [1, 0, 1]
    assert ids.dtype == np.int32
    with pytest.raises(ValueError, match="label 'c' is not one of the 2 classes"):
        encode_labels(["a", "c"], ["a", "b"])
