"""From the competition's rows to the prepared tables: cleaned, checked, with class ids and groups."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.data.duplicates import find_conflicts, group_texts, resolve_conflicts
from pipeline.data.labels import LabelSet, encode_labels, make_label_set, sort_labels
from pipeline.data.row_checks import find_illegal_labels, find_missing, find_repeated_ids, refuse
from pipeline.errors import UserError
from pipeline.text import Step, clean


class PreparedTrain(NamedTuple):
    """Training rows ready for folds and members."""

    table: pd.DataFrame  # row_id str, text str, label str, label_id int32, group int64
    labels: LabelSet
    counts: dict[str, int]  # rows read, empty texts, conflicts, rows changed and dropped
    conflicts: list[dict[str, Any]]  # for each text with several labels: its row ids, rows for each label


class PreparedTest(NamedTuple):
    """Test rows, as many as the file has and in its order."""

    table: pd.DataFrame  # row_id str, text str
    counts: dict[str, int]


class PreparedCorpus(NamedTuple):
    """Texts for alignment, vectors and post-training."""

    table: pd.DataFrame  # text str, each once
    counts: dict[str, int]


def prepare_train(
    rows: pd.DataFrame,
    *,
    steps: Sequence[Step],
    empty_text: str,
    conflicting_labels: str,
    level_separator: str | None = None,
    allowed_labels: Sequence[str] | None = None,
) -> PreparedTrain:
    """Clean and check training rows: `text`, `label`, `file`, `line` and, where the file has ids, `row_id`.

    Without `row_id`, rows are numbered from 0. Labels lose white space around them. A text that is missing,
    or empty after cleaning, becomes `empty_text`. Rows with equal texts get one group number; where their
    labels differ, the rule `conflicting_labels` is applied (`keep`, `majority`, `drop`: see
    `duplicates.resolve_conflicts`), and only `drop` leaves rows out. Classes are the labels that the
    remaining rows have.

    Raises UserError for rows without id or label, repeated ids and labels not among `allowed_labels`.
    """
    rows = _with_checked_labels(_with_ids(rows), allowed_labels)
    texts, n_empty = _clean(rows, steps, empty_text)
    groups = group_texts(texts)
    names = sort_labels(rows["label"])
    given = encode_labels(rows["label"].tolist(), names)
    conflicting = find_conflicts(given, groups)
    resolved, kept = resolve_conflicts(given, groups, conflicting_labels)
    if not kept.any():
        raise UserError("data.conflicting_labels: drop leaves no row, because every text has several labels")
    columns = {"row_id": rows["row_id"].tolist(), "text": texts, "label": [names[i] for i in resolved]}
    table = pd.DataFrame(columns)[kept].reset_index(drop=True)
    labels = make_label_set(table["label"], level_separator)
    table["label_id"] = encode_labels(table["label"].tolist(), labels.names)
    table["group"] = group_texts(table["text"].tolist())
    counts = {
        "rows_read": len(rows),
        "empty_texts": n_empty,
        "conflicting_texts": len(np.unique(groups[conflicting])),
        "conflicting_rows": int(conflicting.sum()),
        "relabelled_rows": int((resolved != given)[kept].sum()),
        "dropped_rows": int((~kept).sum()),
        "lost_classes": len(names) - len(labels.names),
    }
    return PreparedTrain(table, labels, counts, _list_conflicts(rows[conflicting], groups[conflicting]))


def prepare_test(rows: pd.DataFrame, *, steps: Sequence[Step], empty_text: str) -> PreparedTest:
    """Clean test rows: `text`, `file`, `line` and, where the file has ids, `row_id`. Every row stays.

    Raises UserError for rows without id and repeated ids: a submission could not name them.
    """
    rows = _with_ids(rows)
    texts, n_empty = _clean(rows, steps, empty_text)
    table = pd.DataFrame({"row_id": rows["row_id"].tolist(), "text": texts})
    return PreparedTest(table, {"rows_read": len(rows), "empty_texts": n_empty})


def prepare_corpus(rows: pd.DataFrame, *, steps: Sequence[Step]) -> PreparedCorpus:
    """Clean the column `text` and keep each text once, where it first stands; empty ones are left out.

    Raises UserError where no text is left.
    """
    texts, n_empty = _clean(rows, steps, "")
    distinct = [text for text in dict.fromkeys(texts) if text]
    if not distinct:
        raise UserError("data.corpus: no text is left after cleaning. Name other files or fewer steps")
    n_repeated = len(rows) - n_empty - len(distinct)
    counts = {"rows_read": len(rows), "empty_texts": n_empty, "repeated_texts": n_repeated}
    return PreparedCorpus(pd.DataFrame({"text": distinct}), counts)


def _with_ids(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with a checked `row_id`: the file's own, exactly as it stands there, or numbers from 0."""
    if "row_id" not in rows:
        return rows.assign(row_id=[str(number) for number in range(len(rows))])
    remedy = "Mend them, or set data.columns.id to null: rows are then numbered from 0 in the file's order"
    refuse(rows, find_missing(rows, "row_id"), "row_id", "have no id", remedy)
    refuse(rows, find_repeated_ids(rows), "row_id", "have an id that an earlier row has", remedy)
    return rows


def _with_checked_labels(rows: pd.DataFrame, allowed: Sequence[str] | None) -> pd.DataFrame:
    """The rows with labels stripped of white space: none missing, and none beyond the declared ones."""
    remedy = "Every training row needs one: mend or delete them"
    refuse(rows, find_missing(rows, "label"), "label", "have no label", remedy)
    rows = rows.assign(label=[label.strip() for label in rows["label"]])
    if allowed is not None:
        illegal = find_illegal_labels(rows, allowed)
        remedy = f"Allowed by data.labels: {', '.join(allowed)}. Mend the rows, or add the label there"
        refuse(rows, illegal, "label", "have a label that is not allowed", remedy)
    return rows


def _clean(rows: pd.DataFrame, steps: Sequence[Step], empty_text: str) -> tuple[list[str], int]:
    given = [text if isinstance(text, str) else "" for text in rows["text"]]
    cleaned = clean(given, steps)
    filled = [text if text.strip() else empty_text for text in cleaned]
    return filled, sum(not text.strip() for text in cleaned)


def _list_conflicts(rows: pd.DataFrame, groups: NDArray[np.int64]) -> list[dict[str, Any]]:
    """Without the texts: reports are kept in git, and a competition's texts are often not to be published."""
    return [
        {"row_ids": part["row_id"].tolist(), "labels": dict(Counter(part["label"].tolist()))}
        for _, part in rows.groupby(groups, sort=True)
    ]
