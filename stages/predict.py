"""Apply a member's fold models to the test rows: `python -m stages.predict bert-ce`."""

from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage


def main(
    member: Annotated[str | None, typer.Argument(help="A name under `members` in params.yaml.")] = None,
    text: Annotated[str | None, typer.Option(hidden=True)] = None,
    file: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Write models/test_logits/1/MEMBER/fold-<k>.npz for every fold model of MEMBER."""
    from pipeline.errors import UserError
    from pipeline.plan.current import running

    if member is None or text is not None or file is not None:
        raise UserError("predict: name a member, and no more; `python -m stages.ask --text` or `--file` answers texts")
    with running("predict", member) as entry:
        from pipeline.steps import predict

        predict.run(entry)


if __name__ == "__main__":
    run_stage(main)
