"""Give the competition's tokens rows of the pretrained vocabulary: `python -m stages.align_vocab tiny-bert`."""

from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage


def main(name: Annotated[str, typer.Argument(help="A name under `encoders` in params.yaml.")]) -> None:
    """Write models/aligned/NAME/, with the mapping table inside, and reports/alignment/NAME.json."""
    from pipeline.plan.current import running

    with running("align_vocab", name) as entry:
        from pipeline.steps import align_vocab

        align_vocab.run(entry)


if __name__ == "__main__":
    run_stage(main)
