import json
import shutil

import pytest

from pipeline.artifacts.atomic import atomic_folder, atomic_path, read_json, write_json, write_text
from pipeline.errors import UserError


class KilledError(Exception):
    pass


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_takes_the_place_of_the_old_one(tmp_path):
    path = tmp_path / "new" / "x.npz"
    for content in ("one", "two"):
        with atomic_path(path) as temporary:
            assert temporary.parent == path.parent
            assert temporary.suffix == ".npz", "numpy adds the suffix to a name without it"
            temporary.write_text(content)
        assert path.read_text() == content
        assert names(path.parent) == ["x.npz"]


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("old")

    def write():
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            assert path.read_text() == "old"
            raise KilledError

    with pytest.raises(KilledError):
        write()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["x.json"]


def test_a_folder_takes_the_place_of_the_old_one_whole(tmp_path):
    path = tmp_path / "deep" / "x"
    for content in ("one", "two"):
        with atomic_folder(path) as temporary:
            assert names(temporary) == []
            (temporary / content).write_text(content)
        assert names(path) == [content]
        assert names(path.parent) == ["x"]


def test_a_failed_folder_leaves_the_old_one_and_no_other(tmp_path):
    path = tmp_path / "x"
    path.mkdir()
    (path / "old").write_text("old")

    def write():
        with atomic_folder(path) as temporary:
            (temporary / "half").write_text("half")
            assert names(path) == ["old"]
            raise KilledError

    with pytest.raises(KilledError):
        write()
    assert names(path) == ["old"]
    assert names(tmp_path) == ["x"]


def test_nobody_sees_half_of_an_old_folder(tmp_path, monkeypatch):
    """Deleting a large folder takes time; by then the new one has to be in its place."""
    path = tmp_path / "x"
    with atomic_folder(path) as temporary:
        (temporary / "old").write_text("old")
    seen = []

    def delete(folder, **options):
        seen.append(names(path))
        rmtree(folder, **options)

    rmtree = shutil.rmtree
    monkeypatch.setattr(shutil, "rmtree", delete)
    with atomic_folder(path) as temporary:
        (temporary / "new").write_text("new")
    assert seen
    assert all(content == ["new"] for content in seen)


def test_temporaries_are_hidden_and_named_alike(tmp_path):
    """.dvcignore and .gitignore name them, so that what a killed stage leaves counts nowhere."""
    with atomic_path(tmp_path / "x.csv") as file, atomic_folder(tmp_path / "y") as folder:
        assert file.name.startswith(".tmp-")
        assert folder.name.startswith(".tmp-")
        file.write_text("")


def test_two_writers_of_one_path_do_not_share_a_temporary(tmp_path):
    with atomic_path(tmp_path / "x") as one, atomic_path(tmp_path / "x") as other:
        assert one != other
        one.write_text("1")
        other.write_text("2")
    assert (tmp_path / "x").read_text() == "1", "the last to finish"


def test_text_keeps_its_line_ends(tmp_path):
    write_text(tmp_path / "x.txt", "一\r\ntwo\n")
    assert (tmp_path / "x.txt").read_bytes() == "一\r\ntwo\n".encode()


def test_json_is_for_people_and_for_git(tmp_path):
    write_json(tmp_path / "x.json", {"b": ["字"], "a": None})
    assert (tmp_path / "x.json").read_text(encoding="utf-8") == '{\n  "b": [\n    "字"\n  ],\n  "a": null\n}\n'
    assert read_json(tmp_path / "x.json") == {"b": ["字"], "a": None}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_json_has_no_nan(tmp_path, value):
    write_json(tmp_path / "x.json", {"score": 1.0})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "x.json", {"score": value})
    assert json.loads((tmp_path / "x.json").read_text()) == {"score": 1.0}
    assert names(tmp_path) == ["x.json"]


def test_a_missing_artifact_says_who_makes_it(tmp_path):
    with pytest.raises(UserError, match=r"labels\.json: not found\. It is made by an earlier stage"):
        read_json(tmp_path / "labels.json")


def test_a_broken_artifact(tmp_path):
    (tmp_path / "labels.json").write_text("{")
    with pytest.raises(UserError, match=r"labels\.json: not JSON \("):
        read_json(tmp_path / "labels.json")
