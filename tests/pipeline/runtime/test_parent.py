"""A stage ends with the DVC that runs it, and with a signal, in one line."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from pipeline.runtime.parent import dvc_tag, is_running

ROOT = Path(__file__).parents[3]
STAGE = """
import os, sys, time
from pathlib import Path
from pipeline.runtime.cli import run_stage, say
from pipeline.runtime.parent import dvc_tag
def main():
    Path(sys.argv[0]).with_suffix(".ready").write_text(f"{os.getpid()} {dvc_tag()}")
    time.sleep(600)
sys.argv, script = sys.argv[:1], sys.argv[0]
run_stage(main)
"""
# As DVC does it: a shell, whose child the stage may be, or whose place it may take.
DVC = """
import os, subprocess, sys
command = f"{sys.executable} {sys.argv[1]}" + (" && true" if sys.argv[2] == "child" else "")
subprocess.run(command, shell=True, env=os.environ | {"DVC_ROOT": "."})
"""
END = "; what is finished is kept, and the same command goes on from there\n"


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "stage.py"
    path.write_text(STAGE)
    return path


def environment():
    return {name: value for name, value in os.environ.items() if name != "DVC_ROOT"} | {"PYTHONPATH": str(ROOT)}


def wait_until_ready(script):
    """→ the stage's number and the tag of its DVC."""
    ready = script.with_suffix(".ready")
    for _ in range(400):
        if ready.exists() and ready.read_text():
            number, _, tag = ready.read_text().partition(" ")
            return int(number), tag
        time.sleep(0.05)
    raise TimeoutError("the stage did not start")


@pytest.mark.parametrize("place", ["child", "instead"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_stage_ends_with_its_dvc(script, tmp_path, number, place):
    output = tmp_path / "output"
    with output.open("wb") as file:
        dvc = subprocess.Popen([sys.executable, "-c", DVC, str(script), place], env=environment(), stderr=file)
    stage, tag = wait_until_ready(script)
    assert tag == f"{dvc.pid} {psutil.Process(dvc.pid).create_time():.2f}"
    assert is_running(tag)
    dvc.send_signal(number)
    dvc.wait()
    for _ in range(200):
        if not psutil.pid_exists(stage):
            break
        time.sleep(0.05)
    assert not psutil.pid_exists(stage)
    assert not is_running(tag)
    assert output.read_text() == f"stopped: the dvc that ran this stage is gone{END}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_stage_with_one_line(script, number):
    stage = subprocess.Popen([sys.executable, str(script)], env=environment(), stderr=subprocess.PIPE, text=True)
    wait_until_ready(script)
    stage.send_signal(number)
    _, error = stage.communicate(timeout=20)
    assert stage.returncode == 128 + number
    assert error == f"stopped by {number.name}{END}"


def test_what_nohup_ignores_stays_ignored(script):
    command = ["nohup", sys.executable, str(script)]
    stage = subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    number, tag = wait_until_ready(script)
    assert tag == "None"
    os.kill(number, signal.SIGHUP)
    time.sleep(0.3)
    assert stage.poll() is None
    stage.kill()
    stage.wait()


def test_by_hand_there_is_no_dvc(monkeypatch):
    monkeypatch.delenv("DVC_ROOT", raising=False)
    assert dvc_tag() is None


@pytest.mark.parametrize("tag", ["", "x", "1", "999999999 1.00", "own 1.00"])
def test_a_tag_of_nobody(tag):
    assert not is_running(tag.replace("own", str(os.getpid())))
