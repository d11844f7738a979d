"""Rows that cannot be used as they are: what kinds there are, and the rules that say what becomes of them.

A rule is the value of a key of `data.bad_rows` in params.yaml that has the kind's name. `conflicting_labels` is ruled
in `duplicates.resolve_conflicts`, because it concerns several rows at once.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.errors import UserError

SHOWN = 5
SHOWN_CHARACTERS = 40
LISTED = ["file", "line", "row_id", "reason", "handled"]  # the columns of data/prepared/rejected.csv
HANDLED = {"drop": "dropped", "keep_first": "dropped", "placeholder": "placeholder", "number": "numbered"}

# Columns of the rows [N]: row_id, text, cleaned, and in training label; the labels are those of data.labels.
Find = Callable[[pd.DataFrame, Sequence[str] | None], NDArray[np.bool_]]


class Kind(NamedTuple):
    """One thing that can be wrong with a row."""

    column: str  # whose value a message shows
    problem: str  # completes "3 rows …"
    rules: tuple[str, ...]  # what params may say instead of `refuse`
    find: Find


def find_missing(frame: pd.DataFrame, column: str) -> NDArray[np.bool_]:
    """Find the rows [N] that have nothing in the column: null, or nothing but white space."""
    return np.array([not isinstance(value, str) or not value.strip() for value in frame[column]], dtype=np.bool_)


def find_illegal_labels(frame: pd.DataFrame, allowed: Sequence[str] | None) -> NDArray[np.bool_]:
    """Find the rows [N] whose label is not among the allowed ones; None allows every label."""
    legal = None if allowed is None else set(allowed)
    return np.array([legal is not None and label not in legal for label in frame["label"]], dtype=np.bool_)


def find_repeated_ids(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Find the rows [N] whose `row_id` an earlier row has."""
    return frame["row_id"].duplicated().to_numpy(dtype=np.bool_)


# In the order in which they are looked for: a row that is dropped for one is not looked at for the next.
KINDS: dict[str, Kind] = {
    "missing_label": Kind("label", "have no label", ("drop",), lambda rows, _: find_missing(rows, "label")),
    "illegal_label": Kind("label", "have a label that data.labels does not list", ("drop",), find_illegal_labels),
    "missing_text": Kind("text", "have no text", ("placeholder", "drop"), lambda rows, _: find_missing(rows, "text")),
    "emptied_text": Kind(
        "text",
        "have a text that cleaning leaves nothing of",
        ("placeholder", "drop"),
        lambda rows, _: find_missing(rows, "cleaned") & ~find_missing(rows, "text"),
    ),
    "missing_id": Kind("row_id", "have no id", ("drop", "number"), lambda rows, _: find_missing(rows, "row_id")),
    "repeated_id": Kind(
        "row_id",
        "have an id that an earlier row has",
        ("keep_first", "number"),
        lambda rows, _: find_repeated_ids(rows),
    ),
}


def apply_rules(
    rows: pd.DataFrame, rules: Mapping[str, str], allowed_labels: Sequence[str] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Apply to the rows of each kind that `rules` names its rule: → the rows that stay, the list of bad ones.

    - `drop`, and `keep_first` for repeated ids: the rows go.
    - `placeholder`: the rows stay; whoever reads them fills the text in.
    - `number`: every row's id becomes its number, the index of the frame, because some have none of their own.
    - `refuse`: UserError with file, line and value of the first few, and what to do.

    The list of bad rows has the columns `LISTED` and the rows' index.
    """
    listed: list[pd.DataFrame] = []
    for name, kind in KINDS.items():
        bad = kind.find(rows, allowed_labels) if name in rules else np.zeros(len(rows), dtype=np.bool_)
        if not bad.any():
            continue
        rule = rules[name]
        if rule == "refuse":
            refuse(rows, bad, kind.column, kind.problem, _remedy(name, allowed_labels))
        listed.append(list_rows(rows[bad], name, HANDLED[rule]))
        if rule in ("drop", "keep_first"):
            rows = rows[~bad]
        elif rule == "number":
            rows = rows.assign(row_id=number_rows(rows))
    return rows, concat_lists(listed)


def number_rows(rows: pd.DataFrame) -> list[str]:
    """Return the place of each row among all rows that were read, from 0, as strings."""
    return [str(number) for number in rows.index]


def list_rows(rows: pd.DataFrame, reason: str, handled: str | Sequence[str]) -> pd.DataFrame:
    """List bad rows: where the rows stand, what is wrong and what was done, never their text."""
    return rows.reindex(columns=["file", "line", "row_id"]).assign(reason=reason, handled=handled)


def list_replaced_bytes(replaced: Mapping[str, Sequence[int]]) -> pd.DataFrame:
    """List the lines with bytes that became U+FFFD; `replaced` maps a file to the line of each such byte."""
    places = [(file, line) for file, lines in replaced.items() for line in dict.fromkeys(lines)]
    frame = pd.DataFrame(places, columns=["file", "line"])
    return list_rows(frame, "undecodable_bytes", "replaced")


def concat_lists(lists: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Join several lists of bad rows into one, in the rows' order."""
    if not lists:
        return pd.DataFrame(columns=LISTED)
    return pd.concat(lists).sort_index(kind="stable")


def refuse(frame: pd.DataFrame, bad: NDArray[np.bool_], column: str, problem: str, remedy: str) -> None:
    """Raise UserError if any row [N] is bad: how many, with `file:line` and value of the first few.

    `problem` completes "3 rows …"; the number after the file is that of the line, in a JSON list that of the
    record.
    """
    if not bad.any():
        return
    rows = frame[bad].head(SHOWN)
    shown = ", ".join(
        f"{file}:{line} ({_shorten(value)})"
        for file, line, value in zip(rows["file"], rows["line"], rows[column], strict=True)
    )
    more = ", …" if bad.sum() > SHOWN else ""
    raise UserError(f"{bad.sum()} rows {problem}: {shown}{more}. {remedy}")


def _remedy(name: str, allowed_labels: Sequence[str] | None) -> str:
    change = f"set data.bad_rows.{name} to {' or '.join(KINDS[name].rules)}"
    if name == "illegal_label":
        return f"Allowed are {', '.join(allowed_labels or ())}. Mend them, add the label to data.labels, or {change}"
    return f"Mend them, or {change}"


def _shorten(value: object) -> str:
    text = repr(value if isinstance(value, str) else None)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
