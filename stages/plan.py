"""Work out what every stage runs with, so that an edit reruns only what it concerns: `python -m stages.plan`.

An entry's plan is the keys of params.yaml that it reads, every default filled in, the components that it loads, and
the fingerprint of the code that it runs. `--why finetune@bert-ce` says what has changed since that stage last ran, and
`--show members.bert-ce` prints a part of params.yaml with everything filled in.
"""

from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage, say


def main(
    why: Annotated[
        str | None, typer.Option(metavar="STAGE@ENTRY", help="Say why this stage would run again, and write nothing.")
    ] = None,
    show: Annotated[
        str | None, typer.Option(metavar="KEY", help="Print a part of params.yaml, filled in, and write nothing.")
    ] = None,
) -> None:
    """Write models/plan/<stage>.json and models/plan/<stage>/<entry>.json for everything in params.yaml."""
    from pipeline.artifacts.paths import PLAN
    from pipeline.config import load_params
    from pipeline.plan.explain import explain, filled_in
    from pipeline.plan.write import write_plan

    if show is not None:
        say(filled_in(load_params(), show))
    elif why is not None:
        say(explain(load_params(), why))
    else:
        say(f"{write_plan()} entries: {PLAN}/")


if __name__ == "__main__":
    run_stage(main)
