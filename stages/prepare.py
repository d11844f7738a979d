"""Read and clean the competition's files: `python -m stages.prepare`; `--preview 20` shows what cleaning does."""

from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage


def main(
    preview: Annotated[
        int | None,
        typer.Option(min=0, help="Show this many of the texts that cleaning changes most, and write nothing."),
    ] = None,
) -> None:
    """Write data/prepared/{train,test,corpus}.parquet, {labels,cleaning}.json, rejected.csv and reports/data.json."""
    from pipeline.plan.current import running

    if preview is not None:
        from pipeline.steps.preview import show_changes

        return show_changes(preview)
    with running("prepare") as entry:
        from pipeline.steps import prepare

        return prepare.run(entry)


if __name__ == "__main__":
    run_stage(main)
