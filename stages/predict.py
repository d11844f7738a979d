"""Apply a member's fold models to the test rows: `python -m stages.predict bert-ce`.

By hand, when the DAG is done: `python -m stages.predict --text "…"` and `--file new.csv` ask the finished ensemble,
with the cleaning, fusion and class weights of the submission. Answers are JSON, for a file one line for each row.
"""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage


def main(
    member: Annotated[str | None, typer.Argument(help="A name under `members` in params.yaml.")] = None,
    text: Annotated[str | None, typer.Option(help="Ask the finished ensemble about this text.")] = None,
    file: Annotated[Path | None, typer.Option(help="Ask it about every row of a file like the test file.")] = None,
) -> None:
    """Write models/test_logits/1/MEMBER/fold-<k>.npz for every fold model of MEMBER, or print answers to new texts."""
    from pipeline.errors import UserError
    from pipeline.plan.current import running

    if [member, text, file].count(None) != 2:
        raise UserError("predict: name a member, or give --text or --file: one of the three")
    if member is not None:
        with running("predict", member) as entry:
            from pipeline.steps import predict

            predict.run(entry)
    elif file is not None:
        from pipeline.steps import ask

        ask.ask_file(file)
    elif text is not None:
        from pipeline.steps import ask

        ask.ask_text(text)


if __name__ == "__main__":
    run_stage(main)
