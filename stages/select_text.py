"""Add text from outside the competition to its own: `python -m stages.select_text weibo`.

A stage of its own, not a part of post-training: encoders share what it makes, an edit of their training does not read
the outside text again, and what was chosen lies in a table that a person can look at.
"""

from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage


def main(name: Annotated[str, typer.Argument(help="A name under `unlabelled` in params.yaml.")]) -> None:
    """Write data/unlabelled/NAME.parquet: the competition's corpus, then what was selected, the nearest first."""
    from pipeline.plan.current import running

    with running("select_text", name) as entry:
        from pipeline.steps import select_text

        select_text.run(entry)


if __name__ == "__main__":
    run_stage(main)
