"""Writing the plan: a file for every entry of every stage."""

from pipeline.artifacts.atomic import atomic_folder, write_json
from pipeline.artifacts.paths import PLAN, plan_file
from pipeline.config import load_params
from pipeline.errors import UserError
from pipeline.plan.entries import list_entries
from pipeline.plan.record import inputs_digest, record_plan


def write_plan() -> int:
    """Write the plan, a file for every entry of every stage: → the number of entries.

    Raises UserError where params.yaml or the code was edited meanwhile.
    """
    inputs = inputs_digest()
    entries = list(list_entries(load_params()))
    with atomic_folder(PLAN) as folder:
        for entry in entries:
            write_json(folder / plan_file(entry.stage, entry.key).relative_to(PLAN), entry.content())
    if inputs_digest() != inputs:
        raise UserError("params.yaml or the code was edited while the plan was made; run the command again")
    record_plan(inputs)
    return len(entries)
