"""`tools.repro` beside what the tests of the DAG show of it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path):
    """A folder whose `dvc` is a script, first on the path."""
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    (tmp_path / "bin").mkdir()
    return tmp_path


def write_dvc(project, script):
    program = project / "bin/dvc"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)


def start(project, *arguments, path=None):
    variables = os.environ | {
        "PATH": path or f"{project / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tools.repro", *arguments],
        cwd=project, env=variables, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # which a shell's `&` has ignored
    )  # fmt: skip


def test_dvcs_status_is_its_own(project):
    write_dvc(project, "exit 7")
    process = start(project)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 7
    assert "Traceback" not in output


def test_arguments_are_refused_before_anything_runs(project):
    write_dvc(project, "echo ran")
    process = start(project, "--help")
    output, _ = process.communicate(timeout=60)
    assert (process.returncode, output) == (
        1,
        "error: got --help, nothing is allowed; `dvc repro` takes options and stages\n",
    )


def test_without_dvc_there_is_one_line(project):
    (project / "params.yaml").unlink()
    (project / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    process = start(project, path=str(project / "bin"))
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert output.splitlines()[-1].startswith("error: dvc: not found; `make repro` looks into .venv")
    assert "Traceback" not in output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_reaches_dvc_and_its_end_is_waited_for(project, number):
    write_dvc(project, f"trap 'echo told; exit 5' {int(number)}\necho up\nwhile true; do sleep 0.1; done")
    process = start(project)
    lines = iter(process.stdout.readline, "")
    assert "up\n" in lines
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 5
    assert "told" in output
