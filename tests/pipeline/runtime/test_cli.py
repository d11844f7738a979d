import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
STAGE = '''
"""A stage."""
from typing import Annotated
import typer
from pipeline.errors import UserError
from pipeline.runtime.cli import run_stage, say

def main(name: Annotated[str, typer.Argument(help="A name under `members`.")], times: int = 1) -> None:
    """Do as NAME says."""
    if name == "user":
        raise UserError("params.yaml: 1 error\\n  toy: is missing")
    if name == "ours":
        raise ValueError("a defect")
    for _ in range(times):
        say(f"done: {name}")

if __name__ == "__main__":
    run_stage(main)
'''


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """Run the stage above as a program."""
    script = tmp_path_factory.mktemp("stage") / "stage.py"
    script.write_text(STAGE)
    code = f"import runpy, sys; sys.path.insert(0, {str(ROOT)!r}); runpy.run_path({str(script)!r}, run_name='__main__')"

    def run(*arguments):
        return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)

    return run


def test_a_stage_runs_with_its_arguments(stage):
    done = stage("bert-ce", "--times", "2")
    assert (done.returncode, done.stdout, done.stderr) == (0, "done: bert-ce\ndone: bert-ce\n", "")


def test_a_users_mistake_has_a_message_and_no_traceback(stage):
    done = stage("user")
    assert done.returncode == 1
    assert done.stderr == "error: params.yaml: 1 error\n  toy: is missing\n"
    assert done.stdout == ""


def test_a_defect_of_ours_keeps_its_traceback(stage):
    done = stage("ours")
    assert done.returncode == 1
    assert "Traceback (most recent call last)" in done.stderr
    assert done.stderr.rstrip().endswith("ValueError: a defect")


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["a", "--time", "2"]])
def test_wrong_arguments_show_the_usage(stage, arguments):
    done = stage(*arguments)
    assert done.returncode == 2
    assert "Usage:" in done.stderr
    assert "Traceback" not in done.stderr
