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
    from pipeline.artifacts.atomic import atomic_folder, write_json
    from pipeline.artifacts.paths import PLAN, plan_file
    from pipeline.config import load_params
    from pipeline.errors import UserError
    from pipeline.plan.entries import list_entries
    from pipeline.plan.explain import filled_in
    from pipeline.plan.record import inputs_digest, record_plan

    if show is not None:
        return say(filled_in(load_params(), show))
    if why is not None:
        return explain(*why.partition("@")[::2])
    inputs = inputs_digest()
    entries = list(list_entries(load_params()))
    with atomic_folder(PLAN) as folder:
        for entry in entries:
            write_json(folder / plan_file(entry.stage, entry.key).relative_to(PLAN), entry.content())
    if inputs_digest() != inputs:
        raise UserError("params.yaml or the code was edited while the plan was made; run the command again")
    record_plan(inputs)
    return say(f"{len(entries)} entries: {PLAN}/")


def explain(stage: str, key: str) -> None:
    """Say what has changed in an entry since dvc.lock recorded a run of it."""
    from pipeline.artifacts.paths import plan_file
    from pipeline.config import load_params
    from pipeline.errors import UserError
    from pipeline.fields.messages import one_of
    from pipeline.plan.entries import STAGES, make_entry
    from pipeline.plan.explain import differences, recorded

    params = load_params()
    if stage not in STAGES:
        raise UserError(f"--why: {one_of(stage, list(STAGES))}")
    section = STAGES[stage].section
    if section is None and key:
        raise UserError(f"--why: {stage} runs once; name it without @{key}")
    if section is not None and not key:
        raise UserError(f"--why: {stage} runs for each entry of {section}: {', '.join(getattr(params, section))}")
    entry = make_entry(params, stage, key or None)
    before = recorded(entry.name, plan_file(stage, key or None))
    if before is None:
        return say(f"{entry.name}: has not run, as far as dvc.lock knows")
    lines = differences(before, entry.content())
    if not lines:
        return say(f"{entry.name}: same settings and code as when it last ran; `dvc status {entry.name}` looks at data")
    return say("\n".join([f"{entry.name}: changed since it last ran:", *(f"  {line}" for line in lines)]))


if __name__ == "__main__":
    run_stage(main)
