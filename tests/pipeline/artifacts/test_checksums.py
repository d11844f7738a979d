import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.artifacts.checksums import (
    CHECKSUMS,
    checked_folder,
    checked_versions,
    is_intact,
    is_intact_file,
    write_checked,
)

FILES = {"a.bin": b"\x00\x01\x02", "deep/b.txt": b"text", "empty": b""}


class KilledError(Exception):
    pass


def make(folder):
    with checked_folder(folder) as new:
        for name, content in FILES.items():
            (new / name).parent.mkdir(exist_ok=True)
            (new / name).write_bytes(content)


@pytest.fixture
def folder(tmp_path):
    make(tmp_path / "kept")
    return tmp_path / "kept"


def test_what_was_written_is_intact(folder):
    assert is_intact(folder)
    assert json.loads((folder / CHECKSUMS).read_text()).keys() == FILES.keys()


def test_a_folder_is_made_anew_over_an_old_one(folder):
    make(folder)
    assert is_intact(folder)
    assert [path.name for path in folder.parent.iterdir()] == ["kept"]


@pytest.mark.parametrize("name", [*FILES, CHECKSUMS])
@pytest.mark.parametrize(
    "damage",
    [lambda old: old[:-1], lambda old: old + b"x", lambda old: bytes([old[0] ^ 128]) + old[1:] if old else b"\0"],
)
def test_a_changed_file_is_seen(folder, name, damage):
    old = (folder / name).read_bytes()
    (folder / name).write_bytes(damage(old))
    assert is_intact(folder) == (damage(old) == old)


@pytest.mark.parametrize("name", [*FILES, CHECKSUMS])
def test_a_missing_file_is_seen(folder, name):
    (folder / name).unlink()
    assert not is_intact(folder)


def test_a_file_too_many_is_seen(folder):
    (folder / "deep" / "new").touch()
    assert not is_intact(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"a.bin": 1}', "\udc80"])
def test_checksums_that_are_none(folder, content):
    (folder / CHECKSUMS).write_text(content, encoding="utf-8", errors="surrogateescape")
    assert not is_intact(folder)


def test_a_folder_that_is_not_there_is_not_intact(tmp_path):
    assert not is_intact(tmp_path / "kept")


def test_a_block_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(KilledError), checked_folder(tmp_path / "kept"):
        raise KilledError
    assert list(tmp_path.iterdir()) == []


@given(st.binary(min_size=1, max_size=50), st.data())
def test_any_byte_of_a_file_counts(tmp_path_factory, content, data):
    path = tmp_path_factory.mktemp("x") / "fold-0.state"
    write_checked(path, lambda temporary: temporary.write_bytes(content))
    (version,) = checked_versions(path)
    assert version.read_bytes() == content
    assert is_intact_file(version)
    place, bit = data.draw(st.integers(0, len(content) - 1)), data.draw(st.integers(0, 7))
    flipped = bytearray(content)
    flipped[place] ^= 1 << bit
    version.write_bytes(flipped)
    assert not is_intact_file(version)


def test_the_newest_file_takes_the_place_of_the_others(tmp_path):
    path = tmp_path / "fold-1.state"
    write_checked(tmp_path / "fold-11.state", lambda temporary: temporary.write_text("another's"))
    for content in ("one", "two", "two", "three"):
        write_checked(path, lambda temporary, content=content: temporary.write_text(content))
        assert [version.read_text() for version in checked_versions(path)] == [content]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "fold-1.state"
    write_checked(path, lambda temporary: temporary.write_text("old"))

    def fail(temporary):
        temporary.write_text("half")
        raise KilledError

    with pytest.raises(KilledError):
        write_checked(path, fail)
    assert [version.read_text() for version in checked_versions(path)] == ["old"]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_kill_before_the_old_file_went_leaves_both_the_newest_first(tmp_path, monkeypatch):
    path = tmp_path / "fold-1.state"
    write_checked(path, lambda temporary: temporary.write_text("old"))
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.unlink", lambda *args, **options: None)
        write_checked(path, lambda temporary: temporary.write_text("new"))
    assert [version.read_text() for version in checked_versions(path)] == ["new", "old"]
