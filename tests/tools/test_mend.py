"""What a kill leaves, and what `tools.mend` makes of it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.artifacts.atomic import path_beside
from pipeline.errors import UserError
from pipeline.runtime.scratch import keep_folder, mark_published
from tools import mend

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "dvc.lock").read_bytes()  # a real one
CUT = "dvc.lock: cut off by a kill; "


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A repository with a committed lock file."""
    monkeypatch.chdir(tmp_path)
    Path("dvc.lock").write_bytes(LOCK)
    for command in (
        ["init", "-q"],
        ["add", "dvc.lock"],
        ["-c", "user.name=t", "-c", "user.email=t@x", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *command], check=True)


def test_a_whole_lock_is_copied_and_nothing_is_said(project, capsys):
    mend.mend_lock()
    assert mend.COPY.read_bytes() == LOCK
    assert Path("dvc.lock").read_bytes() == LOCK
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("size", [0, 1, 9, 15, 16, 23, 24, 40, 100, 8192, 8193, 16384, len(LOCK) - 1])
def test_a_cut_lock_comes_back_from_the_copy(project, capsys, monkeypatch, size):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    newer = LOCK.replace(b"md5: ", b"md5: 0", 1)
    Path("dvc.lock").write_bytes(newer)
    mend.mend_lock()
    Path("dvc.lock").write_bytes(newer[:size])
    mend.mend_lock()
    assert Path("dvc.lock").read_bytes() == newer
    assert capsys.readouterr().out == (
        f"{CUT}restored from the copy of the last run, what ran since comes from DVC's run-cache\n"
    )


def test_without_a_copy_the_last_commit_serves(project, capsys):
    Path("dvc.lock").write_bytes(b"")
    mend.mend_lock()
    assert Path("dvc.lock").read_bytes() == LOCK
    assert f"{CUT}restored from the last commit, " in capsys.readouterr().out


def test_with_neither_it_is_removed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("dvc.lock").write_bytes(b"sche")
    mend.mend_lock()
    assert not Path("dvc.lock").exists()
    assert capsys.readouterr().out.startswith("dvc.lock: cut off by a kill, and no earlier one is to be had; removed")


def test_every_cut_is_known_by_the_copy(project):
    """Between two lines what is left may look whole, and would cost the stages that follow."""
    newlines = [i + 1 for i, byte in enumerate(LOCK[:-1]) if byte == 10]
    last = LOCK.rindex(b"\n    outs:\n")
    for place in [*range(0, len(LOCK), 997), *newlines[::97], *newlines[:60:7]]:
        if place < last:
            assert mend.is_cut(LOCK[:place], [LOCK]), place


def test_a_lock_that_was_cut_between_two_stages_comes_back_and_the_copy_stays(project, capsys):
    newer = LOCK.replace(b"md5: ", b"md5: 0", 1)
    Path("dvc.lock").write_bytes(newer)
    mend.mend_lock()
    Path("dvc.lock").write_bytes(newer[: newer.index(b"\n  prepare:\n") + 1])
    mend.mend_lock()
    assert Path("dvc.lock").read_bytes() == newer == mend.COPY.read_bytes()
    assert capsys.readouterr().out.startswith(CUT)


def test_an_older_commit_with_fewer_stages_is_not_cut(project, capsys):
    mend.mend_lock()
    fewer = LOCK[: LOCK.index(b"\n  prepare:\n") + 1]
    Path("dvc.lock").write_bytes(fewer)
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qam", "x"], check=True)
    mend.mend_lock()
    assert Path("dvc.lock").read_bytes() == fewer == mend.COPY.read_bytes()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("damaged", [b"stages: [", b"\xff", b"[]\n", LOCK[:5000]])
def test_a_damaged_copy_is_passed_over(project, monkeypatch, capsys, damaged):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    mend.COPY.parent.mkdir()
    mend.COPY.write_bytes(damaged)
    Path("dvc.lock").write_bytes(LOCK[:300])
    mend.mend_lock()
    assert Path("dvc.lock").read_bytes() == LOCK
    assert "restored from the last commit" in capsys.readouterr().out


def test_a_lock_that_another_dvc_is_writing_is_waited_for(project, monkeypatch, capsys):
    Path("dvc.lock").write_bytes(LOCK[:5000])
    monkeypatch.setattr(time, "sleep", lambda seconds: Path("dvc.lock").write_bytes(LOCK))
    mend.mend_lock()
    assert Path("dvc.lock").read_bytes() == LOCK
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda lock: lock.replace(b"  prepare:\n", b"<<<<<<< HEAD\n  prepare:\n=======\n>>>>>>> other\n", 1),
            r"dvc\.lock, line \d+: '<<<<<<< HEAD', a merge that was not finished\. Take the file of one side, "
            "`git checkout --ours dvc.lock` or `--theirs`, and run `make repro`",
        ),
        (
            lambda lock: lock.replace(b"stages:\n", b"stages:\n  x: [\n", 1),
            r"dvc\.lock, line \d+: not valid YAML\. Put",
        ),
        (lambda lock: b"\xff" + lock, r"dvc\.lock: not UTF-8 \(.*\)\. Put the file of the last commit back"),
        (lambda lock: b"x: 1\n", r"dvc\.lock: not a lock file of DVC\. Put the file"),
        (lambda lock: b"[]\n", r"dvc\.lock: not a lock file of DVC\. Put the file"),
        (lambda lock: b"schema: '2.0'\nstages: 3\n", r"dvc\.lock: not a lock file of DVC\. Put the file"),
        (
            lambda lock: b"schema: '2.0'\nstages:\n  a: 3\n  b:\n    cmd: x\n",
            r"dvc\.lock: the entry of 'a' is damaged\. Put",
        ),
    ],
)
def test_other_damage_is_one_line_with_the_remedy_and_nothing_is_touched(project, damage, message):
    damaged = damage(LOCK)
    Path("dvc.lock").write_bytes(damaged)
    with pytest.raises(UserError, match=f"^{message}") as refused:
        mend.mend_lock()
    assert "\n" not in str(refused.value)
    assert Path("dvc.lock").read_bytes() == damaged


def test_no_lock_is_no_damage(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    mend.main()
    assert capsys.readouterr().out == ""
    assert list(tmp_path.iterdir()) == []


def running(content):
    mend.RUNNING.parent.mkdir(parents=True)
    mend.RUNNING.write_text(content)


@pytest.mark.parametrize("content", ["", "{", '{"write": {"a": {"pid": 1, "c'])
def test_a_cut_list_of_running_stages_is_removed(tmp_path, monkeypatch, capsys, content):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    running(content)
    mend.mend_running()
    assert not mend.RUNNING.exists()
    assert capsys.readouterr().out == ".dvc/tmp/rwlock: DVC's list of running stages was cut off by a kill; removed\n"


def test_a_list_of_the_dead_goes_without_a_word_and_one_of_the_living_stays(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    dead = '{"write": {"/x": {"pid": 999999999, "cmd": "dvc repro"}}, "read": {}}'
    running(dead)
    mend.mend_running()
    assert not mend.RUNNING.exists()
    command = [sys.executable, "-c", "import sys; sys.stdin.read()", "dvc", "repro"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as dvc:
        for content in ('{"write": {}, "read": {}}', dead.replace("999999999", str(dvc.pid))):
            mend.RUNNING.write_text(content)
            mend.mend_running()
            assert mend.RUNNING.read_text() == content
        dvc.kill()
        os.waitid(os.P_PID, dvc.pid, os.WEXITED | os.WNOWAIT)  # dead, and its end not looked at: a zombie
        mend.mend_running()
        assert not mend.RUNNING.exists()
    mend.RUNNING.write_text(dead.replace("999999999", str(os.getpid())))  # whose number another process has now
    mend.mend_running()
    assert not mend.RUNNING.exists()
    assert capsys.readouterr().out == ""


def test_what_dead_processes_left_is_swept(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    mine = path_beside(Path("models/members/x"))
    theirs = [mine.with_name(mine.name.replace(f"-{os.getpid()}-", f"-{999999990 + i}-")) for i in range(4)]
    for folder in (mine, *theirs):
        (folder / "fold-0").mkdir(parents=True)
    mend.main()
    assert mine.exists()
    assert not any(folder.exists() for folder in theirs)
    named = ", ".join(str(folder) for folder in theirs[:3])
    assert capsys.readouterr().out == f"removed what killed processes left half-written: {named} and 1 more\n"


@pytest.mark.parametrize(("recorded", "dvc", "stays"), [(True, None, False), (False, None, True), (True, "own", True)])
def test_a_published_folder_goes_when_dvc_knows_its_outputs(tmp_path, monkeypatch, recorded, dvc, stays):
    monkeypatch.chdir(tmp_path)
    asked = []
    monkeypatch.setattr(mend, "_is_recorded", lambda stage: asked.append(stage) or recorded)
    import psutil

    from pipeline.runtime import scratch

    own = f"{os.getpid()} {psutil.Process().create_time():.2f}" if dvc else None
    monkeypatch.setattr(scratch, "dvc_tag", lambda: own)
    with keep_folder(Path(".scratch/x-1/fold-0")):
        pass
    mark_published(Path(".scratch/x-1"), "finetune@x")
    mend.main()
    assert Path(".scratch/x-1").exists() is stays
    assert asked == ([] if dvc else ["finetune@x"])
