"""Scratch folders: one process at a time, whole or not at all, and gone when DVC has recorded what was made of them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.artifacts.checksums import checked_versions
from pipeline.runtime import scratch
from pipeline.runtime.scratch import (
    alone,
    copy_kept,
    drop_file,
    is_kept,
    keep_file,
    keep_folder,
    kept_file,
    mark_published,
    published_folders,
    remove_recorded,
)

ROOT = Path(__file__).parents[3]
HOLDER = """
import sys, time
from pathlib import Path
from pipeline.runtime.scratch import alone
with alone(Path(sys.argv[1]), "first"):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def folder(project):
    """A kept folder with one file."""
    with keep_folder(Path(".scratch/x-1/fold-0")) as new:
        (new / "weights").write_text("weights")
    return Path(".scratch/x-1/fold-0")


def hold(path, seconds):
    """Another process that holds a path: → it, once it does."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", HOLDER, str(path), str(seconds)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    return process


def test_one_at_a_time_and_whoever_waits_names_the_other(project, capsys):
    path = Path(".scratch/x-1/fold-0")
    with hold(path, 1.0) as other:
        before = time.monotonic()
        with alone(path, "x fold 0"):
            assert other.poll() is not None or time.monotonic() - before > 0.5
    said = capsys.readouterr().out
    assert said.startswith(f"x fold 0: waiting for process {other.pid}, begun 20")
    assert said.endswith(", which works at it\n")


def test_the_lock_of_a_killed_process_holds_nobody_up(project, capsys):
    path = Path(".scratch/x-1/fold-0")
    with hold(path, 600) as other:
        other.send_signal(signal.SIGKILL)
    with alone(path, "x fold 0"):
        pass
    assert capsys.readouterr().out == ""
    assert list(path.parent.iterdir()) == []


def test_whoever_waited_holds_the_path_although_its_lock_was_removed(project):
    """The lock file goes with its holder; two who wait must not hold two files of one name."""
    path = Path(".scratch/x-1/fold-0")
    with hold(path, 0.5), alone(path, "second"):
        third = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(path), "0"],
            env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert third.stdout.readline().startswith("first: waiting for process ")
        time.sleep(0.3)
        assert third.poll() is None
    assert third.communicate(timeout=20)[0] == "held\n"


def test_a_path_beside_it_is_free(project, capsys):
    with (
        alone(Path(".scratch/x-1/fold-0"), "a"),
        alone(Path(".scratch/x-1/fold-1"), "b"),
        alone(Path(".scratch/x-1"), "c"),
    ):
        pass
    assert capsys.readouterr().out == ""


def test_a_whole_folder_is_kept_and_copied_without_its_digests(folder):
    assert is_kept(folder, "x")
    (folder / "curve.csv").touch()
    copy_kept(folder, Path("out"), leave_out=["curve.csv"])
    assert [path.name for path in Path("out").iterdir()] == ["weights"]


def test_a_damaged_folder_goes_with_one_line(folder, capsys):
    (folder / "weights").write_text("weighty")
    assert not is_kept(folder, "x fold 0")
    assert not folder.exists()
    assert not is_kept(folder, "x fold 0")
    assert capsys.readouterr().out == (
        "x fold 0: .scratch/x-1/fold-0 was damaged since it was written; thrown away, to be made again\n"
    )


def test_a_damaged_file_goes_with_one_line_and_an_older_one_serves(project, capsys, monkeypatch):
    path = Path(".scratch/x-1/fold-0.state")
    keep_file(path, lambda temporary: temporary.write_text("old"))
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.unlink", lambda *args, **options: None)  # a kill before the older one is removed
        keep_file(path, lambda temporary: temporary.write_text("new"))
    assert kept_file(path, "x").read_text() == "new"
    checked_versions(path)[0].write_text("nex")
    assert kept_file(path, "x").read_text() == "old"
    assert capsys.readouterr().out.count("\n") == 1
    drop_file(path)
    assert kept_file(path, "x") is None
    assert list(path.parent.iterdir()) == []


def write_lock(**md5s):
    entries = "".join(f"  finetune@{name}:\n    cmd: x\n    outs:\n    - md5: {md5}\n" for name, md5 in md5s.items())
    Path("dvc.lock").write_text(f"schema: '2.0'\nstages:\n{entries}")


def test_what_this_dvc_has_recorded_is_removed_and_nothing_else(folder, monkeypatch):
    write_lock(own=1, old=1, failed=1)
    marks = {
        "own": "7 1.00",
        "new": "7 1.00",
        "failed": "7 1.00",
        "unheard": "7 1.00",
        "others": "8 2.00",
        "hand": None,
    }
    for name, dvc in marks.items():
        with keep_folder(Path(f".scratch/{name}/fold-0")):
            pass
        monkeypatch.setattr(scratch, "dvc_tag", lambda dvc=dvc: dvc)
        mark_published(Path(f".scratch/{name}"), f"finetune@{name}")
    write_lock(own=2, old=1, failed=1, new=1, others=2, hand=2)
    monkeypatch.setattr(scratch, "dvc_tag", lambda: None)
    remove_recorded()  # by hand: no DVC, no removal
    assert {published.stage: published.dvc for published in published_folders()} == {
        f"finetune@{name}": dvc for name, dvc in marks.items()
    }
    monkeypatch.setattr(scratch, "dvc_tag", lambda: "7 1.00")
    remove_recorded()
    left = sorted(path.name for path in Path(".scratch").iterdir())
    assert left == ["failed", "hand", "others", "unheard", "x-1"], "the lock speaks anew of `own` and `new`"


@pytest.mark.parametrize("content", ["", "{}", "[]", "nonsense", '{"stage": "x"}'])
def test_a_damaged_mark_is_no_mark(folder, content):
    (folder.parent / scratch.PUBLISHED).write_text(content)
    assert published_folders() == []
