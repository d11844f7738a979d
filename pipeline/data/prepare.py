"""From the competition's rows to the prepared tables: cleaned, checked, with class ids and groups."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.data.bad_rows import (
    apply_rules,
    concat_lists,
    find_illegal_labels,
    find_missing,
    find_repeated_ids,
    list_rows,
    number_rows,
    refuse,
)
from pipeline.data.duplicates import find_conflicts, group_texts, resolve_conflicts
from pipeline.data.given import given_columns
from pipeline.data.inputs import InputSettings, clean_texts, make_inputs, warn_of_dialogues
from pipeline.data.labels import LabelSet, encode_labels, make_label_set, sort_labels
from pipeline.errors import UserError

SHOWN_CLASSES = 10
TEST_RULES = {"missing_text": "placeholder", "emptied_text": "placeholder"}


class PreparedTrain(NamedTuple):
    """Training rows ready for folds and members."""

    table: (
        pd.DataFrame
    )  # row_id str, text str, label str, label_id int32, group int64, and what the files give: `given`
    labels: LabelSet
    counts: dict[str, int]  # rows read, changed and dropped
    conflicts: list[dict[str, Any]]  # for each text with several labels: its row ids, rows for each label
    bad_rows: pd.DataFrame  # file, line, row_id, reason, handled: see `bad_rows`
    warnings: list[str]


class PreparedTest(NamedTuple):
    """Test rows, as many as the file has and in its order."""

    table: pd.DataFrame  # row_id str, text str
    bad_rows: pd.DataFrame  # as in training; none is dropped
    warnings: list[str]


class PreparedCorpus(NamedTuple):
    """Texts for alignment, vectors and post-training."""

    table: pd.DataFrame  # text str, each once
    counts: dict[str, int]


def prepare_train(
    rows: pd.DataFrame,
    settings: InputSettings,
    *,
    rules: Mapping[str, str],
    level_separator: str | None = None,
    allowed_labels: Sequence[str] | None = None,
) -> PreparedTrain:
    """Clean and check training rows: `text`, `label`, `file`, `line` and, where the files have them, other columns.

    These are `row_id` (without it, rows are numbered from 0), `dialogue`, `turn` and `speaker` (see `inputs`), `group`
    and `fold` (see `given`). Labels lose white space around them. `rules` says for each kind of bad row what becomes
    of it (`bad_rows.apply_rules`), and for `conflicting_labels`, rows with equal texts whose labels differ: `keep`,
    `majority`, `drop` (`duplicates.resolve_conflicts`). Texts here are inputs, context and all. Rows with equal ones
    get one group number. Classes are the labels that the remaining rows have.

    Raises UserError for bad rows whose rule is `refuse`, and where the rules leave no row.
    """
    rows = _with_inputs(_with_ids(rows), settings)
    rows["label"] = [label.strip() if isinstance(label, str) else label for label in rows["label"]]
    warnings = warn_of_dialogues(rows, "training")
    n_read, n_classes_read = len(rows), _count_classes(rows, allowed_labels)
    rows, bad_rows = apply_rules(rows, {k: v for k, v in rules.items() if k != "conflicting_labels"}, allowed_labels)
    if rows.empty:
        raise UserError("data.bad_rows: no training row is left. data/prepared is not written; mend the files or rules")
    texts = rows["input"].tolist()
    groups = group_texts(texts)
    names = sort_labels(rows["label"])
    given = encode_labels(rows["label"].tolist(), names)
    conflicting = find_conflicts(given, groups)
    resolved, kept = resolve_conflicts(given, groups, rules["conflicting_labels"])
    if not kept.any():
        raise UserError("data.bad_rows.conflicting_labels: drop leaves no row: every text has several labels")
    columns = {"row_id": rows["row_id"].tolist(), "text": texts, "label": [names[i] for i in resolved]}
    table = pd.DataFrame(columns)[kept].reset_index(drop=True)
    labels = make_label_set(table["label"], level_separator)
    table["label_id"] = encode_labels(table["label"].tolist(), labels.names)
    table["group"] = group_texts(table["text"].tolist())
    table = table.assign(**given_columns(rows[kept]))
    handled = np.select([~kept, resolved != given], ["dropped", "relabelled"], "kept")[conflicting]
    listed = list_rows(rows[conflicting], "conflicting_labels", handled.tolist())
    counts = {
        "rows_read": n_read,
        "conflicting_texts": len(np.unique(groups[conflicting])),
        "relabelled_rows": int((resolved != given)[kept].sum()),
        "dropped_rows": n_read - len(table),
        "lost_classes": n_classes_read - len(labels.names),
    }
    conflicts = _list_conflicts(rows[conflicting], groups[conflicting])
    warnings += _warn_of_lone_files(rows[kept])
    return PreparedTrain(table, labels, counts, conflicts, concat_lists([bad_rows, listed]), warnings)


def prepare_test(rows: pd.DataFrame, settings: InputSettings) -> PreparedTest:
    """Clean test rows: `text`, `file`, `line` and, where the file has them, `row_id` and a dialogue's columns.

    Every row stays: a text that is missing, or empty after cleaning, becomes the placeholder. Raises UserError for
    rows without id and repeated ids: a submission could not name them.
    """
    rows = _with_inputs(_with_ids(rows), settings)
    remedy = "Mend them, or set data.columns.id to null: rows are then numbered from 0 in the file's order"
    refuse(rows, find_missing(rows, "row_id"), "row_id", "have no id", remedy)
    refuse(rows, find_repeated_ids(rows), "row_id", "have an id that an earlier row has", remedy)
    rows, bad_rows = apply_rules(rows, TEST_RULES)
    table = pd.DataFrame({"row_id": rows["row_id"].tolist(), "text": rows["input"].tolist()})
    return PreparedTest(table, bad_rows, warn_of_dialogues(rows, "test"))


def prepare_corpus(rows: pd.DataFrame, settings: InputSettings) -> PreparedCorpus:
    """Make the inputs of the rows and keep each once, where it first stands; rows without a text are left out.

    A row of a file that has no dialogues is its text alone. Raises UserError where no text is left.
    """
    rows = _with_inputs(rows, settings)
    texts = rows["input"][~find_missing(rows, "cleaned")].tolist()
    distinct = list(dict.fromkeys(texts))
    if not distinct:
        raise UserError("data.corpus: no text is left after cleaning. Name other files or fewer steps")
    counts = {
        "rows_read": len(rows),
        "empty_texts": len(rows) - len(texts),
        "repeated_texts": len(texts) - len(distinct),
    }
    return PreparedCorpus(pd.DataFrame({"text": distinct}), counts)


def _with_ids(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with a `row_id`: the file's own, exactly as the file has it, or numbers from 0."""
    rows = rows.reset_index(drop=True)
    return rows if "row_id" in rows else rows.assign(row_id=number_rows(rows))


def _with_inputs(rows: pd.DataFrame, settings: InputSettings) -> pd.DataFrame:
    """Add the columns `cleaned`, the rows' own texts, and `input`, the texts that members read."""
    cleaned = clean_texts(rows, settings.steps)
    return rows.assign(cleaned=cleaned, input=make_inputs(rows, cleaned, settings))


def _count_classes(rows: pd.DataFrame, allowed_labels: Sequence[str] | None) -> int:
    """Count the distinct labels of all rows that were read, leaving out labels that are not allowed."""
    usable = ~(find_missing(rows, "label") | find_illegal_labels(rows, allowed_labels))
    return int(rows["label"][usable].nunique())


def _warn_of_lone_files(rows: pd.DataFrame) -> list[str]:
    """Warn of classes that stand in only one of several training files: a class may be spelt in two ways."""
    if rows["file"].nunique() < 2:
        return []
    files = {str(label): part.unique().tolist() for label, part in rows.groupby("label")["file"]}
    lone = [label for label in sort_labels(files) if len(files[label]) == 1]
    shown = ", ".join(f"{label} ({files[label][0]})" for label in lone[:SHOWN_CLASSES])
    more = f" and {len(lone) - SHOWN_CLASSES} more" if len(lone) > SHOWN_CLASSES else ""
    return [f"{len(lone)} classes stand in only one of the training files: {shown}{more}"] if lone else []


def _list_conflicts(rows: pd.DataFrame, groups: NDArray[np.int64]) -> list[dict[str, Any]]:
    """List the ids and label counts of each group with conflicting labels, for the report.

    Texts are left out: reports are kept in git, and a competition's texts are often not to be published.
    """
    return [
        {"row_ids": part["row_id"].tolist(), "labels": dict(Counter(part["label"].tolist()))}
        for _, part in rows.groupby(groups, sort=True)
    ]
