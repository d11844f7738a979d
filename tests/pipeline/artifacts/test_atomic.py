import json
import os
import shutil
import time

import pytest

from pipeline.artifacts.atomic import (
    atomic_folder,
    atomic_path,
    path_beside,
    read_json,
    remove_folder,
    sweep_temporaries,
    write_json,
    write_text,
)
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


# ── What killed processes left ──────────────────────────────────────────────────────────────────────────────────


def left_by(path, host="own", process=999999999):
    """A temporary path as another process would have named it."""
    own = path_beside(path)
    _, first, second, rest = own.name.split("-", 3)
    return own.with_name(f".tmp-{first if host == 'own' else host}-{process or second}-{rest}")


def test_what_dead_processes_left_is_swept_and_the_rest_stays(tmp_path):
    dead_file, dead_folder = left_by(tmp_path / "a/x.npz"), left_by(tmp_path / "b/y")
    mine, strangers = path_beside(tmp_path / "a/x.npz"), left_by(tmp_path / "a/x.npz", host="0000")
    (tmp_path / "a").mkdir()
    (dead_folder / "deep").mkdir(parents=True)
    theirs, deeper = tmp_path / "a/.tmp-notes", left_by(tmp_path / "a/deeper/x")
    deeper.parent.mkdir()
    for file in (dead_file, mine, strangers, theirs, deeper, tmp_path / "a/x.npz"):
        file.touch()
    day_before = time.time() - 25 * 3600
    os.utime(theirs, (day_before, day_before))
    assert sweep_temporaries([tmp_path / "a", tmp_path / "b", tmp_path / "absent"]) == [dead_file, dead_folder]
    assert names(tmp_path / "a") == sorted([mine.name, strangers.name, theirs.name, "deeper", "x.npz"])
    assert deeper.exists(), "what lies deeper belongs to the folder that holds it"
    assert names(tmp_path / "b") == []


def test_a_later_process_with_the_same_number_is_not_the_owner(tmp_path):
    path = left_by(tmp_path / "x", process=os.getpid())
    path.touch()
    assert sweep_temporaries([tmp_path]) == []
    os.utime(path, (1.0, 1.0))
    assert sweep_temporaries([tmp_path]) == [path]


@pytest.mark.parametrize("name", [".tmp-0123abcd-x", ".tmp-0000-1-00000000-x"])
def test_what_another_host_or_version_left_goes_after_a_day(tmp_path, name):
    (tmp_path / name).touch()
    assert sweep_temporaries([tmp_path]) == []
    day_before = time.time() - 25 * 3600
    os.utime(tmp_path / name, (day_before, day_before))
    assert sweep_temporaries([tmp_path]) == [tmp_path / name]


def test_a_folder_is_removed_under_another_name(tmp_path, monkeypatch):
    (tmp_path / "x/deep").mkdir(parents=True)
    seen = []
    monkeypatch.setattr(
        shutil, "rmtree", lambda folder, **options: seen.append((folder.name[:5], (tmp_path / "x").exists()))
    )
    remove_folder(tmp_path / "x")
    remove_folder(tmp_path / "x")
    assert seen == [(".tmp-", False)]
