"""Read and clean the competition's files: tables that later steps trust, and what was found."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from pipeline.artifacts.atomic import write_json, write_text
from pipeline.artifacts.paths import CLEANING, CORPUS, DATA_REPORT, LABELS, RAW, REJECTED, TEST, TRAIN
from pipeline.artifacts.tables import write_table
from pipeline.config.reading import context_columns, input_settings, layout, named, row_columns
from pipeline.data.bad_rows import list_replaced_bytes
from pipeline.data.duplicates import NearDuplicates, find_near_duplicates
from pipeline.data.prepare import (
    PreparedCorpus,
    PreparedTest,
    PreparedTrain,
    prepare_corpus,
    prepare_test,
    prepare_train,
)
from pipeline.data.preview import find_changes, preview_as_json
from pipeline.data.sources.read import Reading, read_table, read_tables
from pipeline.data.summary import summarise
from pipeline.runtime.messages import say

if TYPE_CHECKING:
    from pipeline.config.data_sections import Data
    from pipeline.plan.entries import Entry

# A toy run keeps this many training rows of each class and this many documents; test rows are all kept.
TOY_ROWS_PER_CLASS, TOY_DOCUMENTS = 20, 400
REPORTED_CHANGES = 10  # texts that the report shows of those that cleaning changes most


def run(entry: "Entry") -> None:
    """Prepare the competition's files: write the tables that later stages trust, and what was found in the files."""
    data = entry.params.data
    train_files, test_file, corpus_files = read_train(data), read_test(data), read_corpus(data)
    train_rows, corpus_rows = train_files.rows, corpus_files.rows
    if entry.params.toy:
        train_rows = _shrink(train_rows)
        corpus_rows = corpus_rows.head(TOY_DOCUMENTS)

    settings = input_settings(data)
    train = prepare_train(
        train_rows,
        settings,
        rules=data.bad_rows.model_dump(),
        level_separator=data.level_separator,
        allowed_labels=data.labels,
    )
    test = prepare_test(test_file.rows, settings)
    corpus = prepare_corpus(corpus_rows, settings)
    near = _find_near(train, test, data)
    if near is not None:
        train.table["group"] = near.groups
    replaced = {**train_files.replaced, **test_file.replaced, **corpus_files.replaced}
    report = summarise(
        train,
        test,
        corpus,
        near,
        warnings=_warnings_of_reading(train_files, test_file, corpus_files, data.columns.id),
        replaced_bytes=sum(map(len, replaced.values())),
        allowed_labels=data.labels,
    )
    rejected = pd.concat([train.bad_rows, test.bad_rows, list_replaced_bytes(replaced)])
    changes, places = find_changes([train_rows, test_file.rows], data.clean, REPORTED_CHANGES)
    _write(train, test, corpus)
    write_text(REJECTED, rejected.to_csv(index=False, lineterminator="\n"))
    write_json(CLEANING, preview_as_json(changes, places))
    write_json(DATA_REPORT, report)
    for warning in report["warnings"]:
        say(f"warning: {warning}")
    _warn_of_changed_corpus(data.test, data.corpus, RAW / data.competition)
    sizes = f"{report['train_rows']} training rows, {report['classes']} classes, {report['test_rows']} test rows"
    say(f"{sizes}, {report['corpus_texts']} documents: {TRAIN.parent}/")


def _write(train: PreparedTrain, test: PreparedTest, corpus: PreparedCorpus) -> None:
    write_table(TRAIN, train.table)
    write_table(TEST, test.table)
    write_table(CORPUS, corpus.table)
    hierarchy = {"parents": train.labels.parents, "parent_ids": train.labels.parent_ids}
    write_json(LABELS, {"labels": train.labels.names, **hierarchy})


def _find_near(train: PreparedTrain, test: PreparedTest, data: "Data") -> NearDuplicates | None:
    """Find near duplicates where params ask for them, else None."""
    if data.near_duplicates is None:
        return None
    texts, test_texts = train.table["text"].tolist(), test.table["text"].tolist()
    return find_near_duplicates(texts, test_texts, **data.near_duplicates.model_dump())


def _warnings_of_reading(train: Reading, test: Reading, corpus: Reading, id_column: str | None) -> list[str]:
    """Collect the warnings of reading, each once: a file may be read twice, as rows and as part of the corpus."""
    warnings = list(dict.fromkeys([*train.warnings, *test.warnings, *corpus.warnings]))
    if id_column and "row_id" not in train.rows:
        warnings.append(f"no training file has a column {id_column!r}: training rows are numbered from 0")
    return warnings


def read_train(data: "Data") -> Reading:
    """Read the labelled rows, with the columns that params names."""
    given = named({"label": data.columns.label, "group": data.columns.group, "fold": data.columns.fold})
    paths = [RAW / data.competition / name for name in data.train]
    # Often only the test rows have ids. The same name misspelt is found in the test file.
    return read_tables(paths, row_columns(data) | given, layout(data), optional=["row_id"])


def read_test(data: "Data") -> Reading:
    """Read the rows to predict."""
    return read_table(RAW / data.competition / data.test, row_columns(data), layout(data))


def read_corpus(data: "Data") -> Reading:
    """Read the texts for alignment, vectors and post-training."""
    context = context_columns(data)
    paths = [RAW / data.competition / name for name in data.corpus]
    return read_tables(paths, {"text": data.columns.text} | context, layout(data), optional=list(context))


def _shrink(rows: pd.DataFrame) -> pd.DataFrame:
    """Take some rows of each class, and of each fold that the files give; of a dialogue, all turns."""
    strata = [column for column in ("label", "fold") if column in rows]
    few = rows.groupby(strata, sort=False, dropna=False).head(TOY_ROWS_PER_CLASS)
    if "dialogue" in rows:
        few = rows[rows["dialogue"].isin(few["dialogue"])]
    return few.reset_index(drop=True)


def _warn_of_changed_corpus(test: str, corpus: list[str], folder: Path) -> None:
    if test in corpus:
        say(
            f"note: {folder / test} is in data.corpus too. For another board, add its file and name it in data.test "
            "alone; changing this one in place would post-train and fine-tune again"
        )
