"""Asking the finished ensemble about a text, or about every row of a file."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from pipeline.artifacts.paths import DECISION, MEMBERS
from pipeline.data.new_rows import as_row, read_rows
from pipeline.decision.answer import answer_rows
from pipeline.decision.artifact import read_decision
from pipeline.decision.member import Member, load_members
from pipeline.errors import UserError
from pipeline.runtime.messages import say


def ask(models: Path, text: str | None, file: Path | None) -> None:
    """Print the answers as JSON, for a file one line for each row, and on stderr how long loading took.

    `models` holds the folders of the decision and of the members. Raises UserError for bad input, where something is
    missing, and where the ensemble cannot read new texts.
    """
    if (text is None) == (file is None):
        raise UserError("ask: give --text or --file: one of the two")
    start = perf_counter()
    decision = read_decision(models / DECISION.name)
    loading = [perf_counter() - start]
    rows = as_row(text) if text is not None else read_rows(Path(file or ""), decision.reading)
    members = _timed(load_members(decision, models / MEMBERS.name), loading)
    answers = list(answer_rows(decision, members, rows))
    print(
        f"{len(decision.members)} members of {decision.n_folds} fold models loaded in {sum(loading):.1f} s",
        file=sys.stderr,
        flush=True,
    )
    for answer in answers:
        if text is None:
            say(json.dumps(answer, ensure_ascii=False))
        else:
            say(json.dumps({key: answer[key] for key in answer if key != "row_id"}, ensure_ascii=False, indent=2))


def _timed(members: Iterator[Member], seconds: list[float]) -> Iterator[Member]:
    """Yield the members, appending to `seconds` how long each member took to come."""
    while True:
        start = perf_counter()
        member = next(members, None)
        seconds.append(perf_counter() - start)
        if member is None:
            return
        yield member
