"""Go on with masked-language modelling on the competition's text: `python -m stages.post_train tiny-bert`.

A run that was killed goes on where it was: the tokenised text and, every few minutes, the state of training are kept
in .scratch/ under a hash of everything that determines the result.
"""

from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage


def main(name: Annotated[str, typer.Argument(help="A name under `encoders` in params.yaml.")]) -> None:
    """Write models/encoders/NAME/, with step checkpoints inside."""
    from pipeline.plan.current import running

    with running("post_train", name) as entry:
        from pipeline.steps import post_train

        post_train.run(entry)


if __name__ == "__main__":
    run_stage(main)
