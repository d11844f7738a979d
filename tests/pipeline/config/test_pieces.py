import pytest

from pipeline import registry
from pipeline.fields.components import check_arguments
from pipeline.registry import Argument


@pytest.mark.parametrize(
    ("annotation", "value", "message"),
    [
        ("int", 3, None),
        ("int", 3.0, "got 3.0, a whole number is allowed"),
        ("float", 3, None),
        ("float", True, "got true, a number is allowed"),
        ("float", float("nan"), "got nan, a finite number is allowed"),
        ("bool", 1, "got 1, true or false is allowed"),
        ("str", 1, "got 1, text is allowed; put it in quotes"),
        ("float | None", None, None),
        ("list[int]", [1, "2"], "got '2', a whole number is allowed"),
        ("Literal['auto', 'words']", "words", None),
        ("Literal['auto', 'words']", "word", "got 'word', one of: auto, words; did you mean 'words'?"),
        ("Tensor", object, None),  # not for params; nothing is checked
        ("'Tensor'", object, None),
        ("Any", object, None),
    ],
)
def test_an_argument_is_held_against_its_annotation(monkeypatch, annotation, value, message):
    monkeypatch.setattr(registry, "arguments", lambda family, word: (Argument("x", annotation, True),))
    typed, problems = check_arguments("losses", "own", {"x": value})
    assert [problem.message for problem in problems] == ([message] if message else [])
    assert typed == ({} if message else {"x": value})


def test_missing_arguments_are_not_looked_for_here():
    assert check_arguments("losses", "dice", {"alpha": 1}) == ({"alpha": 1.0}, [])
