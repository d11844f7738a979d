"""Every stage and tool answers `--help` at once: nothing heavy is imported before it has work."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
STAGES = sorted(f"stages.{path.stem}" for path in (ROOT / "stages").glob("*.py") if path.stem != "__init__")
COMMANDS = [*STAGES, *(f"tools.{name}" for name in ("hold_out", "readme", "transfer"))]
HEAVY = ["torch", "transformers", "sklearn", "scipy", "pandas"]
# One process for all: a process for each would take a second each.
ASK = f"""
import importlib, json, sys
import typer
from typer.testing import CliRunner
answers = {{}}
for name in sys.argv[1:]:
    app = typer.Typer()
    app.command()(importlib.import_module(name).main)
    answer = CliRunner().invoke(app, ["--help"])
    answers[name] = [answer.exit_code, answer.output, [m for m in {HEAVY} if m in sys.modules]]
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def answers():
    done = subprocess.run([sys.executable, "-c", ASK, *COMMANDS], cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_how_it_is_called(answers, command):
    status, output, imported = answers[command]
    assert status == 0
    assert "Usage:" in output
    assert imported == [], "by this command or one before it"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_in_its_first_line_how_to_run_it(command):
    source = ROOT.joinpath(*command.split(".")).with_suffix(".py").read_text(encoding="utf-8")
    assert f"`python -m {command}" in source.split('"""')[1]
    assert '\nif __name__ == "__main__":\n' in source
    assert source.endswith("    run_stage(main)\n")


WRONG = f"""
import importlib, sys
from pipeline.errors import UserError
for name in ("finetune", "align_vocab", "post_train", "lengths"):
    try:
        importlib.import_module(f"stages.{{name}}").main("nobody")
    except UserError as error:
        print(name, [module for module in {HEAVY} if module in sys.modules], error)
"""


def test_a_name_that_is_none_is_refused_at_once():
    """Before the stage's step is imported, and with it what it works with."""
    done = subprocess.run([sys.executable, "-c", WRONG], cwd=ROOT, capture_output=True, text=True, check=True)
    said = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in said] == [
        f"{name} [] params.yaml" for name in ("finetune", "align_vocab", "post_train", "lengths")
    ]


def test_a_stage_is_a_program():
    done = subprocess.run(
        [sys.executable, "-m", "stages.plan", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "Write models/plan/<stage>.json and models/plan/<stage>/<entry>.json" in done.stdout


def test_the_plan_is_made_without_torch(tmp_path):
    """It is made anew after every edit anywhere in the library."""
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from stages.plan import main; main()\n"
        f"assert not set({HEAVY}) & set(sys.modules), set({HEAVY}) & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    assert (tmp_path / "models/plan/finetune/bert-ce.json").exists()
