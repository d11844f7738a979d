import pytest

from pipeline.data.stackdocs.prose import description, is_word, prose, tokenize

NUMPYDOC = """Summary line.

.. versionadded:: 1.2

More about it
on two lines.

Parameters
----------
x : int
    The argument.

Notes
-----
A note.

>>> f(1)
2

After the doctest.

Examples
--------
Text between examples.
"""

GOOGLE = """Summary line.

More about it.

Args:
    x (int): The argument.

Example::

    >>> f(1)
"""

SYMPY = """
Summary line.

Explanation
===========

More about it.

Examples
========

>>> f(1)
"""


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        (NUMPYDOC, "Summary line. More about it on two lines."),
        (GOOGLE, "Summary line. More about it."),
        (SYMPY, "Summary line. More about it."),
        ("Summary line.\n\n:param x: an int\n:returns: it\nMore", "Summary line."),
        ("Summary line.\n\n>>> f(1)\n2\n\nMore.", "Summary line."),
        ("Summary line: it\nNotes are taken.\nReturns: x", "Summary line: it Notes are taken. Returns: x"),
        ("Parameters\n----------\nx", ""),
        ("----\nTable\nof lines\n", "Table of lines"),
        ("Summary line.\n    Returns\n    -------\n    x", "Summary line."),
        ("", ""),
    ],
)
def test_description_ends_at_the_first_section(docstring: str, expected: str) -> None:
    assert words(description(docstring)) == expected


def test_prose_is_the_rest_without_code() -> None:
    expected = "Summary line. More about it on two lines. x : int The argument. A note. After the doctest."
    assert words(prose(NUMPYDOC)) == expected
    assert words(prose(GOOGLE)) == "Summary line. More about it. x (int): The argument."
    assert words(prose(SYMPY)) == "Summary line. More about it."


def test_prose_leaves_fenced_code_out() -> None:
    assert words(prose("Before.\n```python\nx = 1\n\ny = 2\n```\nAfter.")) == "Before. After."


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The N_samples, 2-d!", ["the", "n_samples", ",", "2", "-", "d", "!"]),
        ("e.g. 1.5", ["e", ".", "g", ".", "1", ".", "5"]),
        ("see :func:`~scipy.fft` and ``x``", ["see", "scipy", ".", "fft", "and", "x"]),
        (":py:meth:`.Set.union`", ["set", ".", "union"]),
        ("a_b __c ~x", ["a_b", "__c", "~", "x"]),
        ("Straße\u3000中文，好", ["straße", "中文", "，", "好"]),
        (" \n", []),
    ],
)
def test_tokens(text: str, tokens: list[str]) -> None:
    assert tokenize(text) == tokens


def test_words_and_punctuation() -> None:
    assert [is_word(token) for token in ("a", "0", "_x", "é", ".", "，", "~")] == [True] * 4 + [False] * 3
