from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.duplicates import count_shared, find_conflicts, group_texts, resolve_conflicts

# group:               0  1  0  2  1  0  3  3
LABELS = np.array([4, 2, 4, 1, 0, 3, 5, 5], dtype=np.int32)
GROUPS = np.array([0, 1, 0, 2, 1, 0, 3, 3], dtype=np.int64)


def test_groups_are_numbered_by_first_appearance():
    groups = group_texts(["b", "a", "b", "", "A", "a"])
    assert groups.tolist() == [0, 1, 0, 2, 3, 1]
    assert groups.dtype == np.int64


def test_find_conflicts():
    assert find_conflicts(LABELS, GROUPS).tolist() == [True, True, True, False, True, True, False, False]


@pytest.mark.parametrize(
    ("rule", "labels", "kept"),
    [
        ("keep", [4, 2, 4, 1, 0, 3, 5, 5], [1, 1, 1, 1, 1, 1, 1, 1]),
        ("majority", [4, 2, 4, 1, 2, 4, 5, 5], [1, 1, 1, 1, 1, 1, 1, 1]),  # 2 and 0 tie: 2 comes first
        ("drop", [4, 2, 4, 1, 0, 3, 5, 5], [0, 0, 0, 1, 0, 0, 1, 1]),
    ],
)
def test_rules(rule, labels, kept):
    given_labels = LABELS.copy()
    resolved, mask = resolve_conflicts(given_labels, GROUPS, rule)
    assert resolved.tolist() == labels
    assert mask.tolist() == [bool(value) for value in kept]
    assert given_labels.tolist() == LABELS.tolist()


def test_unknown_rule():
    with pytest.raises(ValueError, match=r"no rule 'first'.*keep, majority, drop"):
        resolve_conflicts(LABELS, GROUPS, "first")


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=25))
def test_majority_agrees_with_a_slow_count(rows):
    labels = np.array([label for label, _ in rows], dtype=np.int32)
    groups = np.array([group for _, group in rows], dtype=np.int64)
    resolved, _ = resolve_conflicts(labels, groups, "majority")
    for (_, group), found in zip(rows, resolved.tolist(), strict=True):
        # Counter.most_common keeps the order of first appearance among equal counts.
        assert found == Counter(label for label, other in rows if other == group).most_common(1)[0][0]


def test_count_shared():
    assert count_shared(["a", "b", "a", "c"], ["a", "a", "d"]) == 2
