from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.stackdocs.docstrings import Docstring
from pipeline.data.stackdocs.rows import Row, apportion, collect_rows, draw_rows, find_label
from pipeline.errors import UserError

EIGHT = "one two three four five six seven {}"


@pytest.mark.parametrize(
    ("module", "label"),
    [
        ("scipy.optimize._root", "scipy-optimize"),
        ("sympy.abc", "sympy-abc"),
        ("pandas.core.groupby.ops", "pandas-groupby"),
        ("pandas.core.frame", "pandas-frame"),
        ("pandas.io.json", "pandas-io"),
        ("networkx.algorithms.dag", "networkx-dag"),
        ("scipy.algorithms.dag", "scipy-algorithms"),
        ("numpy.__init__", None),
        ("pandas.core.__init__", None),
        ("sklearn._config", None),
        ("numpy", None),
    ],
)
def test_labels(module: str, label: str | None) -> None:
    assert find_label(module.split(".")) == label


def test_rows_are_distinct_long_enough_and_of_one_label() -> None:
    a, b = ("alpha", "one", "x"), ("beta", "one", "x")
    texts = [
        (a, EIGHT.format("eight")),
        (b, EIGHT.format("other") + " nine"),
        (a, EIGHT.format("Eight\n\nParameters\n---\nx")),  # the same once it is cut and lower-cased
        (a, EIGHT.format("both")),
        (b, EIGHT.format("both")),
        (a, EIGHT.format("!!! ???")),  # seven words
        (("alpha", "__init__"), EIGHT.format("package")),
    ]
    rows = collect_rows((Docstring(module, text) for module, text in texts), max_tokens=8)
    assert rows == [
        Row(tuple(EIGHT.format("eight").split()), "alpha-one"),
        Row(tuple(EIGHT.format("other").split()), "beta-one"),
    ]


@pytest.mark.parametrize(
    ("sizes", "total", "minimum", "seats"),
    [
        ([60, 30, 10], 10, 0, [6, 3, 1]),
        ([53, 24, 23], 7, 0, [3, 2, 2]),  # Webster: quotas 3.71, 1.68, 1.61 round to 4, 2, 2, one too many
        ([5, 5, 5], 4, 0, [2, 1, 1]),  # a tie goes to the earlier class
        ([90, 6, 4], 20, 3, [14, 3, 3]),
        ([8, 2, 2], 12, 2, [8, 2, 2]),
    ],
)
def test_apportion_by_hand(sizes: list[int], total: int, minimum: int, seats: list[int]) -> None:
    assert apportion(np.array(sizes), total, minimum).tolist() == seats


@given(st.lists(st.integers(3, 200), min_size=1, max_size=12), st.integers(0, 3), st.floats(0, 1))
def test_apportion_keeps_every_promise(sizes: list[int], minimum: int, share: float) -> None:
    total = minimum * len(sizes) + int(share * (sum(sizes) - minimum * len(sizes)))
    seats = apportion(np.array(sizes), total, minimum)
    assert seats.sum() == total
    assert (seats >= minimum).all()
    assert (seats <= sizes).all()
    bigger = np.greater.outer(sizes, sizes)
    assert not (bigger & np.less.outer(seats, seats)).any()  # no larger class has fewer seats


@pytest.mark.parametrize(("total", "minimum"), [(3, 2), (100, 1), (8, 5)])
def test_apportion_refuses_the_impossible(total: int, minimum: int) -> None:
    with pytest.raises(ValueError, match="cannot share"):
        apportion(np.array([8, 4]), total, minimum)


def make_rows(**sizes: int) -> list[Row]:
    return [Row((label, str(i)), label) for label, size in sizes.items() for i in range(size)]


ROWS = make_rows(huge=300, large=100, middle=60, small=10, tiny=2)


def test_drawn_rows() -> None:
    train, test = draw_rows(ROWS, n_classes=4, n_train=100, n_test=50, min_rows=6, seed=0)
    # small has 6 + 3 by the minimum; the other 141 are shared 300 : 100 : 60
    assert Counter(row.label for row in train) == {"huge": 61, "large": 21, "middle": 12, "small": 6}
    assert Counter(row.label for row in test) == {"huge": 31, "large": 10, "middle": 6, "small": 3}
    assert len({*train, *test}) == 150
    assert {*train, *test} <= {*ROWS}
    labels = [row.label for row in train]
    assert labels != sorted(labels)
    assert labels[:50].count("huge") < 45  # shuffled, not in blocks


@pytest.mark.parametrize(
    ("n_classes", "labels"),
    [(1, "huge"), (2, "huge small"), (3, "huge large small"), (4, "huge large middle small")],
)
def test_classes_are_spread_over_all_sizes(n_classes: int, labels: str) -> None:
    train, _ = draw_rows(ROWS, n_classes=n_classes, n_train=60, n_test=30, min_rows=6, seed=0)
    assert {row.label for row in train} == set(labels.split())


def test_labels_of_equal_size_are_taken_by_name() -> None:
    rows = make_rows(b=20, c=20, a=20, d=20)
    assert {row.label for row in draw_rows(rows, 2, 20, 10, 6, seed=0)[0]} == {"a", "d"}


def test_the_draw_is_seeded() -> None:
    sizes = {"n_classes": 4, "n_train": 100, "n_test": 50, "min_rows": 6}
    assert draw_rows(ROWS, **sizes, seed=0) == draw_rows(ROWS, **sizes, seed=0)
    assert draw_rows(ROWS, **sizes, seed=0) != draw_rows(ROWS, **sizes, seed=1)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((5, 100, 50, 6), "n_classes: got 5, but only 4 labels have the 9 texts"),
        ((2, 300, 100, 6), r"n_train and n_test: got 300 \+ 100, but the 2 labels drawn have 310 texts"),
        ((4, 20, 10, 6), "min_rows: got 6 for 4 classes"),
    ],
)
def test_sizes_that_cannot_be_had(sizes: tuple[int, int, int, int], message: str) -> None:
    with pytest.raises(UserError, match=f"embedded: {message}"):
        draw_rows(ROWS, *sizes, seed=0)
