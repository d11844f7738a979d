"""Fetch a checkpoint from the model hub: `python -m stages.download roberta`.

Only the files that Conclave reads are fetched, at the pinned revision. After this the hub is never needed again.
"""

import os
from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage


def main(name: Annotated[str, typer.Argument(help="A name under `hub` in params.yaml.")]) -> None:
    """Write models/pretrained/NAME/."""
    from pipeline.plan.current import running

    with running("download", name) as entry:
        from pipeline.steps import download

        download.run(entry)


if __name__ == "__main__":
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "0"  # the one stage whose loading bar is worth watching
    run_stage(main)
