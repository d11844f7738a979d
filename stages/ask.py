"""Ask the finished ensemble: `python -m stages.ask --text "…"`, or `--file new.csv` for every row of a file.

Run it by hand. It answers from models/decision and models/members alone, with the cleaning, fusion and class weights
of the submission: these two folders may lie anywhere. Answers are JSON, for a file one line for each row.
"""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.artifacts.paths import MODELS
from pipeline.runtime.cli import run_stage


def main(
    text: Annotated[str | None, typer.Option(help="The text to answer.")] = None,
    file: Annotated[Path | None, typer.Option(help="Answer every row of a file like the test file.")] = None,
    models: Annotated[Path, typer.Option(help="Where the folders decision and members lie.")] = MODELS,
) -> None:
    """Print label, probabilities and the members' votes."""
    from pipeline.steps.ask import ask

    ask(models, text, file)


if __name__ == "__main__":
    run_stage(main)
