"""Train a member on every fold: `python -m stages.finetune bert-ce`, or one fold of it with `--fold 3`.

A stage that was killed goes on where it was. `--all` trains what is missing of every member, in one queue over all
devices, and leaves the outputs as they are: `dvc repro` then only publishes.
"""

from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage


def main(
    member: Annotated[str | None, typer.Argument(help="A name under `members` in params.yaml.")] = None,
    fold: Annotated[int | None, typer.Option(help="Train this fold alone, and leave the outputs as they are.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Train every fold of every member, and leave the outputs as they are.")
    ] = False,
) -> None:
    """Train MEMBER on the folds and write its weights, its out-of-fold logits and its learning curves."""
    from pipeline.errors import UserError
    from pipeline.plan.current import running, running_all

    if every == (member is not None) or (every and fold is not None):
        raise UserError("finetune: name a member, and with it a fold if you like, or give --all alone")
    if member is None:
        with running_all("finetune") as entries:
            from pipeline.steps import finetune

            finetune.train_all(entries)
    else:
        with running("finetune", member) as entry:
            from pipeline.steps import finetune

            finetune.run(entry, fold)


if __name__ == "__main__":
    run_stage(main)
