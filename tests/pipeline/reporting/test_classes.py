import numpy as np
import pytest

from pipeline.reporting.classes import class_rows, confused_pairs, share_rows


def test_classes_go_by_frequency_and_keep_their_order_in_ties() -> None:
    rows = class_rows(["a", "b", "c"], [5, 9, 5], [1.0, 2.0, 3.0], [0.1, 0.2, 0.3], [0.2, 0.2, 0.1])
    assert [row.label for row in rows] == ["b", "a", "c"]
    assert [row.change for row in rows] == pytest.approx([0.0, 0.1, -0.2])


def test_confused_pairs_by_hand() -> None:
    # two of 10 a's are b; two of 4 b's are a: the same count, a larger share; one c of 3 is a.
    confusion = np.array([[8, 2, 0], [2, 2, 0], [1, 0, 2]])
    pairs = confused_pairs(confusion, ["a", "b", "c"], limit=2)
    assert [(pair.true, pair.predicted, pair.count, pair.share) for pair in pairs] == [
        ("b", "a", 2, 0.5),
        ("a", "b", 2, 0.2),
    ]
    assert len(confused_pairs(confusion, ["a", "b", "c"], limit=9)) == 3
    assert confused_pairs(np.diag([3, 4]), ["a", "b"], limit=9) == []


def test_shares_by_hand() -> None:
    rows = share_rows(["a", "b"], [1, 3], [("a", 2)])
    assert [(row.label, row.train_share, row.test_count, row.test_share) for row in rows] == [
        ("b", 0.75, 0, 0.0),
        ("a", 0.25, 2, 1.0),
    ]
