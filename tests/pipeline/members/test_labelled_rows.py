import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.labels import LabelSet
from pipeline.members.labelled_rows import LabelledRows


def with_copies(rows, copy_of, n_rows):
    labels = np.zeros(n_rows + len(copy_of), dtype=int)
    labelled = LabelledRows(None, labels, LabelSet(["0"], [], []), copy_of)
    return labelled.with_copies(np.array(rows, dtype=int)).tolist()


def test_by_hand():
    # Rows 0 to 4, then copies: 5 of row 3, 6 of row 1, 7 of row 3.
    assert with_copies([3, 0], np.array([3, 1, 3]), 5) == [3, 0, 5, 7]
    assert with_copies([2], np.array([3, 1, 3]), 5) == [2]
    assert with_copies([2, 4], (), 5) == [2, 4]


@given(copy_of=st.lists(st.integers(0, 9), max_size=20), rows=st.sets(st.integers(0, 9)))
def test_a_copy_is_in_where_its_row_is(copy_of, rows):
    found = with_copies(sorted(rows), copy_of, 10)
    assert found[: len(rows)] == sorted(rows)
    assert found[len(rows) :] == [10 + i for i, row in enumerate(copy_of) if row in rows]
