"""The entry that a stage runs by."""

from pipeline.config.load import load_params
from pipeline.plan.entries import Entry, make_entry, read_entry
from pipeline.plan.unedited import check_code, refuse_later_edits
from pipeline.runtime.parent import runs_under_dvc


def current_entry(stage: str, key: str | None = None) -> Entry:
    """The entry that a stage runs by: the plan's under DVC, by hand one that is worked out afresh from params.yaml.

    Raises UserError where the plan was made of other code, and for what `load_params` refuses.
    """
    if not runs_under_dvc():
        entry = make_entry(load_params(), stage, key)
        refuse_later_edits()
        return entry
    entry = read_entry(stage, key)
    check_code(entry)
    return entry
