import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.members.copies import with_copies


def test_by_hand():
    # Rows 0 to 4, then copies: 5 of row 3, 6 of row 1, 7 of row 3.
    assert with_copies(np.array([3, 0]), np.array([3, 1, 3]), 8).tolist() == [3, 0, 5, 7]
    assert with_copies(np.array([2]), np.array([3, 1, 3]), 8).tolist() == [2]
    assert with_copies(np.array([2, 4]), (), 5).tolist() == [2, 4]


@given(copy_of=st.lists(st.integers(0, 9), max_size=20), rows=st.sets(st.integers(0, 9)))
def test_a_copy_is_in_where_its_row_is(copy_of, rows):
    given_rows = np.array(sorted(rows), dtype=int)
    found = with_copies(given_rows, copy_of, 10 + len(copy_of)).tolist()
    assert found[: len(rows)] == sorted(rows)
    assert found[len(rows) :] == [10 + i for i, row in enumerate(copy_of) if row in rows]
