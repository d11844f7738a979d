"""Make an encoder from scratch: `python -m stages.pretrain tiny-bert`.

A word-level vocabulary of the text, an architecture with fresh weights, masked-language modelling. What it writes is a
normal Hugging Face directory, with `token_counts.json` (how often each word occurs in the text) beside it. A run that
was killed goes on where it was, from what it kept in .scratch/.
"""

from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage


def main(name: Annotated[str, typer.Argument(help="A name under `scratch` in params.yaml.")]) -> None:
    """Write models/pretrained/NAME/."""
    from pipeline.plan.current import running

    with running("pretrain", name) as entry:
        from pipeline.steps import pretrain

        pretrain.run(entry)


if __name__ == "__main__":
    run_stage(main)
