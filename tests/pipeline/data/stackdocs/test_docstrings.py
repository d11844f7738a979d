from pathlib import Path

import pytest

from pipeline.data.stackdocs.docstrings import parse_docstrings, read_docstrings
from pipeline.errors import UserError

SOURCE = b'''
"""The module's own docstring is not one of a class or function."""

class Outer:
    """Outer class."""

    def method(self):
        """Method.

            Indented.
        """
        def inner():
            """Inner function."""

    async def wait(self):
        """Coroutine."""

    class Nested:
        """Nested class."""

    def silent(self):
        return "no docstring"

if True:
    try:
        import nothing
    except ImportError:
        def fallback():
            """In an except clause."""
    else:
        def found():
            """In an else clause."""

match 1:
    case 1:
        def matched():
            """In a case."""

f = lambda: "not a docstring"
'''


def test_docstrings_of_all_definitions_in_source_order() -> None:
    assert parse_docstrings(SOURCE) == [
        "Outer class.",
        "Method.\n\nIndented.",
        "Inner function.",
        "Coroutine.",
        "Nested class.",
        "In an except clause.",
        "In an else clause.",
        "In a case.",
    ]


@pytest.mark.parametrize(
    "source",
    [
        b"def f(:\n    '''No.'''",
        b"def f():\n    '''Caf\xe9.'''",  # Latin-1 without a coding line
        b"# coding: no-such-codec\ndef f():\n    '''No.'''",
        b"def f():\n    '''Null\x00.'''",
    ],
    ids=["syntax", "undecodable", "unknown codec", "null byte"],
)
def test_a_file_that_does_not_parse_has_none(source: bytes) -> None:
    assert parse_docstrings(source) == []


def test_a_coding_line_and_a_byte_order_mark_are_obeyed() -> None:
    assert parse_docstrings(b"# coding: latin-1\ndef f():\n    '''Caf\xe9.'''") == ["Café."]
    assert parse_docstrings(b"\xef\xbb\xbfdef f():\n    '''One.'''\r\n") == ["One."]


def test_invalid_escapes_are_read_in_silence(recwarn: pytest.WarningsRecorder) -> None:
    assert parse_docstrings(b"def f():\n    '''A \\d digit.'''") == ["A \\d digit."]
    assert not recwarn


def put(site: Path, name: str, text: str) -> None:
    path = site / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'def f():\n    """{text}"""\n', encoding="utf-8")


def test_files_are_read_by_name_and_tests_and_private_folders_are_not(tmp_path: Path) -> None:
    for name in ("b/z.py", "b/_private.py", "a.py", "c.py"):
        put(tmp_path, f"package/{name}", name)
    for name in (
        "tests/test_a.py",
        "b/tests/x.py",
        "_vendor/x.py",
        ".hidden/x.py",
        "conftest.py",
        "a.txt",
        "a.pyi",
    ):
        put(tmp_path, f"package/{name}", "not read")
    put(tmp_path, "other/a.py", "not asked for")
    found = read_docstrings(tmp_path, "package")
    assert [text for _, text in found] == ["a.py", "b/_private.py", "b/z.py", "c.py"]
    assert found[1].module == ("package", "b", "_private")


def test_a_folder_of_a_package_can_be_read_alone(tmp_path: Path) -> None:
    put(tmp_path, "package/a.py", "not asked for")
    put(tmp_path, "package/inner/a.py", "inner")
    assert read_docstrings(tmp_path, "package/inner") == [(("package", "inner", "a"), "inner")]


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no package 'absent'"):
        read_docstrings(tmp_path, "absent")
