"""What the cleaning steps do to a competition's texts: before → after of those that change most."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from pipeline.text import Step, load_step, step_name

SHOWN_CHARACTERS, SHOWN_BEFORE_CHANGE = 300, 40


class ChangedText(NamedTuple):
    """One text that cleaning changes."""

    row: int  # the first row that has it
    n_rows: int  # how many have it
    before: str
    after: str
    removed: int  # characters of `before` that `after` lacks
    added: int  # characters of `after` that `before` lacks
    steps: tuple[str, ...]  # those that changed it, in order


class CleaningPreview(NamedTuple):
    """Counts of what the cleaning steps do to all rows, and the texts that change most."""

    n_rows: int
    n_changed: int
    n_emptied: int  # rows that had a text and have none after it
    step_rows: tuple[tuple[str, int], ...]  # each step and the rows that it changed, given the steps before it
    most_changed: tuple[ChangedText, ...]


def find_changes(
    tables: Sequence[pd.DataFrame], steps: Sequence[Step], n_shown: int
) -> tuple[CleaningPreview, list[str]]:
    """Preview the steps on the rows of some tables - text, file, line -: → the preview, where each row stands [N]."""
    texts = [text if isinstance(text, str) else "" for table in tables for text in table["text"]]
    places = [f"{file}:{line}" for table in tables for file, line in zip(table["file"], table["line"], strict=True)]
    return preview_cleaning(texts, steps, n_shown), places


def preview_cleaning(texts: Sequence[str], steps: Sequence[Step], n_shown: int) -> CleaningPreview:
    """Apply the steps to texts [N] and find the `n_shown` distinct ones that change most.

    How much a text changes is counted in characters: those that went and those that came, as bags, whatever their
    order. That is linear in its length, and for steps that move nothing about hardly less than an edit distance. Of
    equal changes the one of the shorter text comes first (it keeps less), then that of the earlier row.
    """
    cleaned, step_rows = list(texts), []
    for step in steps:
        function = load_step(step)
        stepped = [function(text) for text in cleaned]
        step_rows.append((step_name(step), sum(a != b for a, b in zip(cleaned, stepped, strict=True))))
        cleaned = stepped
    changed = [row for row, (a, b) in enumerate(zip(texts, cleaned, strict=True)) if a != b]
    n_rows = Counter(texts[row] for row in changed)
    first_rows = list({texts[row]: row for row in reversed(changed)}.values())
    changes = {row: count_changes(texts[row], cleaned[row]) for row in first_rows}
    most = sorted(first_rows, key=lambda row: (-sum(changes[row]), len(texts[row]), row))[:n_shown]
    return CleaningPreview(
        n_rows=len(texts),
        n_changed=len(changed),
        n_emptied=sum(bool(texts[row].strip()) and not cleaned[row].strip() for row in changed),
        step_rows=tuple(step_rows),
        most_changed=tuple(
            ChangedText(
                row, n_rows[texts[row]], texts[row], cleaned[row], *changes[row], _who_changed(texts[row], steps)
            )
            for row in most
        ),
    )


def count_changes(before: str, after: str) -> tuple[int, int]:
    """Count the characters that went and those that came, each text taken as a bag of characters."""
    had, has = Counter(before), Counter(after)
    return (had - has).total(), (has - had).total()


def describe_preview(preview: CleaningPreview, places: Sequence[str]) -> list[str]:
    """Return the preview as lines to print, invisible characters escaped. `places` [N] says where each row stands."""
    lines = [f"{preview.n_changed} of {preview.n_rows} rows change, {preview.n_emptied} become empty; changed by"]
    width = max((len(name) for name, _ in preview.step_rows), default=0)
    lines += [f"  {name:<{width}}  {count}" for name, count in preview.step_rows]
    for text in preview.most_changed:
        more = f" and {text.n_rows - 1} more" if text.n_rows > 1 else ""
        change = f"-{text.removed} +{text.added} characters by {', '.join(text.steps)}"
        lines += ["", f"{places[text.row]}{more}: {change}"]
        lines += [f"  before  {_cut(text.before, _start(text))}", f"  after   {_cut(text.after, _start(text))}"]
    return lines


def preview_as_json(preview: CleaningPreview, places: Sequence[str]) -> dict[str, Any]:
    """Return the preview for the report: numbers, rows changed by each step, and the changed part of each text."""
    return {
        "rows": preview.n_rows,
        "changed_rows": preview.n_changed,
        "emptied_rows": preview.n_emptied,
        "steps": [{"step": name, "changed_rows": count} for name, count in preview.step_rows],
        "most_changed": [
            {
                "place": places[text.row],
                "rows": text.n_rows,
                "before": _cut(text.before, _start(text)),
                "after": _cut(text.after, _start(text)),
                "steps": list(text.steps),
            }
            for text in preview.most_changed
        ],
    }


def _start(text: ChangedText) -> int:
    return max(0, _first_difference(text.before, text.after) - SHOWN_BEFORE_CHANGE)


def _who_changed(text: str, steps: Sequence[Step]) -> tuple[str, ...]:
    names = []
    for step in steps:
        stepped = load_step(step)(text)
        names += [step_name(step)] if stepped != text else []
        text = stepped
    return tuple(names)


def _first_difference(a: str, b: str) -> int:
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _cut(text: str, start: int) -> str:
    """Cut out the part of a text where changes begin, as a Python literal, with `…` where something is left out."""
    end = start + SHOWN_CHARACTERS
    return ("…" if start else "") + repr(text[start:end]) + ("…" if end < len(text) else "")
