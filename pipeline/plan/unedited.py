"""Refusing to run code that is not an entry's.

A result must never be recorded as that of code that did not make it: code that is edited while a stage runs, and edited
back before it ends, leaves DVC nothing to notice.
"""

import multiprocessing
import sys
from collections.abc import Mapping
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from pipeline.artifacts.hashes import hash_file
from pipeline.errors import UserError
from pipeline.plan.entries import Entry, fingerprint_of
from pipeline.plan.sources import digests_beside, sources_read

CHANGES_NO_RESULT = True  # an edit here asks for no stage to run again
AGAIN = "run the command again"


def check_code(entry: Entry) -> None:
    """Check that the code here is the entry's, and that code imported later is the code that was checked.

    Raises UserError where the code is not the entry's, with what was changed; a later import of an edited module raises
    one too.
    """
    try:
        found = fingerprint_of(entry.stage, entry.components)
    except (KeyError, ValueError, OSError) as error:  # a word or a module that is gone
        raise UserError(f"{entry.name}: the code was edited after the plan was made: no {error}; {AGAIN}") from None
    if found.code != entry.code:
        names = {*found.definitions, *entry.definitions}
        changed = sorted(name for name in names if found.definitions.get(name) != entry.definitions.get(name))
        raise UserError(
            f"{entry.name}: the code was edited after the plan was made ({', '.join(changed[:5]) or 'imports'}), so "
            f"what it makes would be taken for the work of other code; {AGAIN}"
        )
    refuse_later_edits()


@cache
def check_worker(entry: Entry) -> None:
    """Check once the code of a worker process, which has loaded its code later than the process that started it."""
    if multiprocessing.parent_process() is not None:
        check_code(entry)


def check_files_beside() -> None:
    """Check that the fingerprint's files that are no Python are unchanged, now that the files have been read.

    Raises UserError where a file has changed: DVC then records nothing.
    """
    for path, digest in digests_beside().items():
        if not path.exists() or hash_file(path) != digest:
            raise UserError(f"{path}: edited while this stage ran; {AGAIN}")


def refuse_later_edits() -> None:
    """Have imports of modules raise UserError where the file is no longer what the fingerprint was made of."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Unedited)]
    sys.meta_path.insert(0, _Unedited(sources_read()))


class _Unedited(MetaPathFinder):
    def __init__(self, sources: Mapping[str, tuple[Path, str]]):
        self.sources = sources

    def find_spec(self, fullname: str, path: object = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Find nothing, so that the usual finders go on, after a look at the file that they will find."""
        if fullname in self.sources:
            file, source = self.sources[fullname]
            if not file.exists() or file.read_text(encoding="utf-8") != source:
                raise UserError(f"{fullname}: edited while this stage runs; {AGAIN}")
        return None
