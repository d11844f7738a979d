"""Make changed copies of the training texts: `python -m stages.augment swapped`."""

from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage


def main(name: Annotated[str, typer.Argument(help="A name under `augment` in params.yaml.")]) -> None:
    """Write data/augmented/NAME.parquet: row_id, copy, text."""
    from pipeline.plan.current import running

    with running("augment", name) as entry:
        from pipeline.steps import augment

        augment.run(entry)


if __name__ == "__main__":
    run_stage(main)
