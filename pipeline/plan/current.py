"""Running a stage by its entry."""

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.config.load import load_params
from pipeline.plan.entries import STAGES, Entry, make_entry, read_entry
from pipeline.plan.unedited import check_code, check_files_beside, refuse_later_edits
from pipeline.runtime.parent import runs_under_dvc


@contextmanager
def running(stage: str, key: str | None = None) -> Iterator[Entry]:
    """Give the entry by which a stage runs: the plan's under DVC, by hand one worked out afresh from params.yaml.

    What the block imports is known to be the code of the entry.

    Raises UserError where the plan was made of other code, where code is edited meanwhile, and for what `load_params`
    refuses.
    """
    yield current_entry(stage, key)
    check_files_beside()


@contextmanager
def running_all(stage: str) -> Iterator[list[Entry]]:
    """Give all entries of a stage, worked out afresh from params.yaml: by hand alone.

    Raises UserError as `running` does.
    """
    params = load_params()
    entries = [make_entry(params, stage, key) for key in getattr(params, str(STAGES[stage].section))]
    refuse_later_edits()
    yield entries
    check_files_beside()


def current_entry(stage: str, key: str | None = None) -> Entry:
    """Return the entry by which a stage runs now; an import of code that is edited from now on is refused."""
    if runs_under_dvc():
        entry = read_entry(stage, key)
        check_code(entry)
        return entry
    entry = make_entry(load_params(), stage, key)
    refuse_later_edits()
    return entry
