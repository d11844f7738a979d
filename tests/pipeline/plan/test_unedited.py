"""Code that was edited after the plan was made is refused, loaded or not."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CHECK = """
import sys
from pathlib import Path
from pipeline.config import load_params
from pipeline.errors import UserError
from pipeline.plan.entries import make_entry
from pipeline.plan.unedited import check_code

def edit(file):
    path = Path(file)
    path.write_text(path.read_text(encoding="utf-8") + sys.argv[2], encoding="utf-8")

entry = make_entry(load_params(), "finetune", "nezha-dice")
"""
BEFORE_THE_CHECK = """
from pipeline.plan import sources
edit(sys.argv[1])
sources.forget()
try:
    check_code(entry)
except UserError as error:
    print(error)
"""
AFTER_THE_CHECK = """
check_code(entry)
edit(sys.argv[1])
try:
    import pipeline.losses.batch_losses
except UserError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("tree")
    for name in ("pipeline", "stages"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "params.yaml", root / "params.yaml")
    return root


@pytest.fixture
def run(tree):
    """`run(code, file, text)`: what a process prints that adds a text to a file; afterwards the file is as it was."""

    def run_code(code, file, text):
        done = subprocess.run(
            [sys.executable, "-B", "-c", CHECK + code, file, text],
            cwd=tree,
            capture_output=True,
            text=True,
            check=False,
        )
        shutil.copyfile(ROOT / file, tree / file)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run_code


DICE = "pipeline/losses/batch_losses.py"
OTHER = "pipeline/vectors/tfidf.py"  # which the member does not load


def test_code_that_the_entry_runs(run):
    said = run(BEFORE_THE_CHECK, DICE, "\n\nprint('loaded')\n")
    assert said.startswith(
        "finetune@nezha-dice: the code was edited after the plan was made (at import), so what it makes"
    )
    assert said.endswith("run the command again")


@pytest.mark.parametrize(
    ("file", "text"),
    [(DICE, "\n# a comment\n"), (DICE, "\n\ndef other():\n    pass\n"), (OTHER, "\n\nprint()\n")],
)
def test_what_the_entry_does_not_run(run, file, text):
    assert run(BEFORE_THE_CHECK, file, text) == ""


def test_code_that_is_imported_later(run):
    """Edited between the check and the import; a comment too, for nobody reads it again."""
    assert (
        run(AFTER_THE_CHECK, DICE, "\n# x\n")
        == "pipeline.losses.batch_losses: edited while this stage runs; run the command again"
    )


THE_STEP = """
import importlib
from pipeline.plan import current

def edit_and_give_the_entry(stage, key=None):
    entry = checked(stage, key)
    edit(sys.argv[1])
    return entry

checked, current.current_entry = current.current_entry, edit_and_give_the_entry
stage = importlib.import_module("stages." + Path(sys.argv[1]).stem)
try:
    stage.main("bert-ce")
except UserError as error:
    print(error)
"""


@pytest.mark.parametrize("stage", ["finetune", "predict", "lengths"])
def test_a_stage_imports_its_step_after_the_check(run, stage):
    said = run(THE_STEP, f"pipeline/steps/{stage}.py", "\n# x\n")
    assert said == f"pipeline.steps.{stage}: edited while this stage runs; run the command again"


def test_a_worker_imports_its_step_after_the_check(run):
    loaded = "import pipeline.steps.on_device\nprint(*[m for m in sys.modules if m.startswith('pipeline.steps.')])"
    assert run(loaded, DICE, "") == "pipeline.steps.on_device"


WITHOUT_THE_WORD = """
from pipeline import registry
del registry.FAMILIES["losses"]["dice"]
try:
    check_code(entry)
except UserError as error:
    print(error)
"""


def test_a_word_that_is_gone(run):
    said = run(WITHOUT_THE_WORD, DICE, "")
    assert said == "finetune@nezha-dice: the code was edited after the plan was made: no 'dice'; run the command again"


A_TEMPLATE = """
from pipeline.plan.unedited import check_files_beside
entry = make_entry(load_params(), "report", None)
check_files_beside()
edit(sys.argv[1])
try:
    check_files_beside()
except UserError as error:
    print(Path(str(error).partition(":")[0]).name, str(error).partition(":")[2])
"""


def test_a_template_that_is_edited_while_the_report_is_written(run):
    template = "pipeline/reporting/templates/index.html.j2"
    assert run(A_TEMPLATE, template, " ") == "index.html.j2  edited while this stage ran; run the command again"


NOT_PYTHON = """
from pipeline.plan import sources
edit(sys.argv[1])
sources.forget()
try:
    make_entry(load_params(), "finetune", "nezha-dice")
except UserError as error:
    print(Path(str(error).partition(",")[0]).name, str(error).partition(",")[2])
"""


def test_source_that_is_not_python(run):
    said = run(NOT_PYTHON, DICE, "\ndef (:\n")
    assert said.startswith("batch_losses.py  line ")
    assert said.endswith("not valid Python: invalid syntax")


def test_what_is_not_the_entrys_may_be_edited(run):
    assert run(AFTER_THE_CHECK, OTHER, "\n# x\n") == ""
