"""Read and clean the competition's files: `python -m stages.prepare`; `--preview 20` shows what cleaning does."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.runtime.cli import run_stage, say

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.config.schema import Data
    from pipeline.data.preview import CleaningPreview
    from pipeline.data.sources.read import Reading
    from pipeline.plan.entries import Entry

# A toy run keeps this many training rows of each class and this many documents; test rows are all kept.
TOY_ROWS_PER_CLASS, TOY_DOCUMENTS = 20, 400
REPORTED_CHANGES = 10  # texts that the report shows of those that cleaning changes most


def main(
    preview: Annotated[
        int | None,
        typer.Option(min=0, help="Show this many of the texts that cleaning changes most, and write nothing."),
    ] = None,
) -> None:
    """Write data/prepared/{train,test,corpus}.parquet, {labels,cleaning}.json, rejected.csv and reports/data.json."""
    if preview is not None:
        from pipeline.config import load_params

        data = load_params().data
        return show_preview(*find_changes(data, [read_train(data).rows, read_test(data).rows], preview))

    from pipeline.plan.current import run_entry

    return run_entry(run, "prepare")


def run(entry: "Entry") -> None:
    """Write the tables that later stages trust, and what was found in the files."""
    import pandas as pd

    from pipeline.artifacts.atomic import write_json, write_text
    from pipeline.artifacts.paths import CLEANING, CORPUS, DATA_REPORT, LABELS, RAW, REJECTED, TEST, TRAIN
    from pipeline.artifacts.tables import write_table
    from pipeline.config.reading import input_settings
    from pipeline.data.bad_rows import list_replaced_bytes
    from pipeline.data.duplicates import find_near_duplicates
    from pipeline.data.prepare import prepare_corpus, prepare_test, prepare_train
    from pipeline.data.preview import preview_as_json
    from pipeline.data.summary import summarise

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
    near = None
    if data.near_duplicates:
        texts, test_texts = train.table["text"].tolist(), test.table["text"].tolist()
        near = find_near_duplicates(texts, test_texts, **data.near_duplicates.model_dump())
        train.table["group"] = near.groups
    # A file may have been read twice, as training or test rows and as part of the corpus.
    reading = list(dict.fromkeys([*train_files.warnings, *test_file.warnings, *corpus_files.warnings]))
    if data.columns.id and "row_id" not in train_files.rows:
        reading.append(f"no training file has a column {data.columns.id!r}: training rows are numbered from 0")
    replaced = {**train_files.replaced, **test_file.replaced, **corpus_files.replaced}
    report = summarise(
        train,
        test,
        corpus,
        near,
        warnings=reading,
        replaced_bytes=sum(map(len, replaced.values())),
        allowed_labels=data.labels,
    )
    rejected = pd.concat([train.bad_rows, test.bad_rows, list_replaced_bytes(replaced)])
    changes, places = find_changes(data, [train_rows, test_file.rows], REPORTED_CHANGES)

    write_table(TRAIN, train.table)
    write_table(TEST, test.table)
    write_table(CORPUS, corpus.table)
    hierarchy = {"parents": train.labels.parents, "parent_ids": train.labels.parent_ids}
    write_json(LABELS, {"labels": train.labels.names, **hierarchy})
    write_text(REJECTED, rejected.to_csv(index=False, lineterminator="\n"))
    write_json(CLEANING, preview_as_json(changes, places))
    write_json(DATA_REPORT, report)
    for warning in report["warnings"]:
        say(f"warning: {warning}")
    _warn_of_changed_corpus(data.test, data.corpus, RAW / data.competition)
    sizes = f"{report['train_rows']} training rows, {report['classes']} classes, {report['test_rows']} test rows"
    say(f"{sizes}, {report['corpus_texts']} documents: {TRAIN.parent}/")


def find_changes(data: "Data", tables: "list[pd.DataFrame]", n_shown: int) -> "tuple[CleaningPreview, list[str]]":
    """What the cleaning steps change in the rows of some tables, and where each row stands."""
    from pipeline.data.preview import preview_cleaning

    texts = [text if isinstance(text, str) else "" for table in tables for text in table["text"]]
    places = [f"{file}:{line}" for table in tables for file, line in zip(table["file"], table["line"], strict=True)]
    return preview_cleaning(texts, data.clean, n_shown), places


def show_preview(changes: "CleaningPreview", places: list[str]) -> None:
    """Print what the cleaning steps change."""
    from pipeline.data.preview import describe_preview

    for line in describe_preview(changes, places):
        say(line)


def read_train(data: "Data") -> "Reading":
    """The labelled rows, with the columns that params names."""
    from pipeline.artifacts.paths import RAW
    from pipeline.config.reading import layout, named, row_columns
    from pipeline.data.sources.read import read_tables

    given = named({"label": data.columns.label, "group": data.columns.group, "fold": data.columns.fold})
    paths = [RAW / data.competition / name for name in data.train]
    # Often only the test rows have ids. The same name misspelt is found in the test file.
    return read_tables(paths, row_columns(data) | given, layout(data), optional=["row_id"])


def read_test(data: "Data") -> "Reading":
    """The rows to predict."""
    from pipeline.artifacts.paths import RAW
    from pipeline.config.reading import layout, row_columns
    from pipeline.data.sources.read import read_table

    return read_table(RAW / data.competition / data.test, row_columns(data), layout(data))


def read_corpus(data: "Data") -> "Reading":
    """The texts for alignment, vectors and post-training."""
    from pipeline.artifacts.paths import RAW
    from pipeline.config.reading import context_columns, layout
    from pipeline.data.sources.read import read_tables

    context = context_columns(data)
    paths = [RAW / data.competition / name for name in data.corpus]
    return read_tables(paths, {"text": data.columns.text} | context, layout(data), optional=list(context))


def _shrink(rows: "pd.DataFrame") -> "pd.DataFrame":
    """Some rows of each class, and of each fold that the files give; of a dialogue, all turns."""
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


if __name__ == "__main__":
    run_stage(main)
