"""Measure a member's texts in its encoder's tokens: `python -m stages.lengths bert-ce`."""

from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage


def main(member: Annotated[str, typer.Argument(help="A name under `members` in params.yaml.")]) -> None:
    """Write reports/lengths/MEMBER.json: quantiles of token lengths and the share that `max_length` cuts.

    A member that reads whole texts, as those on vectors do, has nothing to measure: its file is an empty object.
    """
    from pipeline.plan.current import running

    with running("lengths", member) as entry:
        from pipeline.steps import lengths

        lengths.run(entry)


if __name__ == "__main__":
    run_stage(main)
