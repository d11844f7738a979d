import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.data.dialogue import add_context, count_repeated_turns, number_dialogues, order_turns


def test_own_turn_first_then_the_nearest():
    texts = ["a", "b", "c", "d", "x", "y"]
    dialogues = np.array([0, 0, 0, 0, 1, 1])
    speakers = ["A", "B", "", "A", "", "X"]
    assert add_context(texts, speakers, dialogues, np.arange(6), 2, " / ") == [
        "A: a", "B: b / A: a", "c / B: b / A: a", "A: d / c / B: b", "x", "X: y / x",
    ]  # fmt: skip
    assert add_context(texts, [""] * 6, dialogues, np.arange(6), 0, "/") == texts


@given(st.data())
@settings(max_examples=60)
def test_agrees_with_a_slow_version(data):
    n_rows = data.draw(st.integers(1, 20))
    dialogues = np.array(data.draw(st.lists(st.integers(0, 3), min_size=n_rows, max_size=n_rows)))
    order = np.array(data.draw(st.permutations(range(n_rows))))
    window = data.draw(st.integers(0, 4))
    texts = [f"t{i}" for i in range(n_rows)]
    expected = []
    for row in range(n_rows):
        before = [i for i in range(n_rows) if dialogues[i] == dialogues[row] and order[i] < order[row]]
        nearest = sorted(before, key=lambda i: -order[i])[:window]
        expected.append("|".join([texts[row], *(texts[i] for i in nearest)]))
    assert add_context(texts, [""] * n_rows, dialogues, order, window, "|") == expected


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        (["10", "2", "1"], [2, 1, 0]),
        (["32_000_010", "32_000_009", "4_1"], [2, 1, 0]),
        (["b", "a", "a"], [2, 0, 1]),
        (["12:05", "9:59", "12:04:30"], [2, 0, 1]),
        (["", "1", "007"], [0, 1, 2]),
    ],
)
def test_turns_are_ordered_by_their_numbers(turns, expected):
    assert order_turns(turns).tolist() == expected


def test_each_file_has_its_own_dialogues():
    files = ["a", "a", "b", "b", "b", "a"]
    dialogues = ["1", " 1", "1", None, "", float("nan")]
    assert number_dialogues(files, dialogues).tolist() == [0, 0, 1, 2, 3, 4]


def test_repeated_turns():
    assert count_repeated_turns(np.array([0, 0, 1, 0]), ["1", "1", "1", "2"]) == 1
