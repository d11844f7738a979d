"""Write the submission: `python -m stages.submit`.

When a board has scored it, `python -m stages.submit --record A 0.5832` adds a line to reports/ledger.csv, which is in
git and no stage's output, and touches nothing else.
"""

from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage


def main(
    record: Annotated[
        tuple[str, float], typer.Option("--record", metavar="BOARD SCORE", help="Note a board's score in the ledger.")
    ] = ("", 0.0),
    date: Annotated[str, typer.Option(help="Of the submission, YYYY-MM-DD; else that of the last git commit.")] = "",
) -> None:
    """Write reports/submission.csv and reports/manifest.json, or with --record a line of reports/ledger.csv."""
    from pipeline.plan.current import running

    if record[0]:
        from pipeline.steps.record import record_score

        return record_score(*record, date)
    with running("submit") as entry:
        from pipeline.steps import submit

        return submit.run(entry)


if __name__ == "__main__":
    run_stage(main)
