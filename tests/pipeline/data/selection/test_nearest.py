import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.selection import nearest
from pipeline.data.selection.nearest import select_nearest


def by_number(batch):
    """A text's similarity is the number before its space."""
    return np.array([float(text.split()[0]) for text in batch])


@given(
    st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 9))),
    st.integers(1, 12),
    st.integers(1, 5),
    st.sets(st.integers(0, 9)),
)
def test_is_the_head_of_a_stable_sort_of_distinct_texts(rows, n, at_once, known_numbers):
    texts = [f"{score} {number}" for score, number in rows]
    known = {f"{score} {number}" for score in range(5) for number in known_numbers}
    distinct = [text for text in dict.fromkeys(texts) if text not in known and float(text.split()[0]) > 0]
    expected = sorted(distinct, key=lambda text: -float(text.split()[0]))[:n]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest, "TEXTS_AT_ONCE", at_once)
        selected = select_nearest(iter(texts), by_number, n, known)
    assert [entry.text for entry in selected] == expected
    assert [entry.similarity for entry in selected] == [float(text.split()[0]) for text in expected]


def test_memory_does_not_grow_with_the_stream():
    def peak(n_texts):
        tracemalloc.start()
        select_nearest((f"{1 + i % 97} {i:06d} {'x' * 200}" for i in range(n_texts)), by_number, 50)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak(2000)
    assert peak(20_000) < 1.5 * peak(2000)
