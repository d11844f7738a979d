"""Read and clean the competition's files: `python -m stages.prepare`; `--preview 20` shows what cleaning does."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.runtime.cli import run_stage, say

if TYPE_CHECKING:
    import pandas as pd

# A toy run keeps this many training rows of each class and this many documents; test rows are all kept.
TOY_ROWS_PER_CLASS, TOY_DOCUMENTS = 20, 400


def main(
    preview: Annotated[
        int | None,
        typer.Option(min=0, help="Show this many of the texts that cleaning changes most, and write nothing."),
    ] = None,
) -> None:
    """Write data/prepared/{train,test,corpus}.parquet, labels.json and reports/data.json."""
    from pipeline.artifacts.atomic import write_json
    from pipeline.artifacts.paths import CORPUS, DATA_REPORT, LABELS, RAW, TEST, TRAIN
    from pipeline.artifacts.tables import write_table
    from pipeline.config import load_params
    from pipeline.data.prepare import prepare_corpus, prepare_test, prepare_train
    from pipeline.data.sources.read import read_table, read_tables
    from pipeline.data.summary import summarise

    params = load_params()
    data = params.data
    folder = RAW / data.competition
    layout: dict[str, Any] = {"separator": data.separator, "quoting": data.quoting, "encodings": data.encodings}
    ids = {} if data.columns.id is None else {"row_id": data.columns.id}
    text, label = {"text": data.columns.text}, {"label": data.columns.label}

    train_rows, warnings = read_tables([folder / name for name in data.train], {**ids, **text, **label}, **layout)
    test_rows, more = read_table(folder / data.test, {**ids, **text}, **layout)
    if preview is not None:
        return show_preview([train_rows, test_rows], data.clean, preview)
    corpus_rows, still_more = read_tables([folder / name for name in data.corpus], text, **layout)
    if params.toy:
        train_rows = train_rows.groupby("label", sort=False).head(TOY_ROWS_PER_CLASS).reset_index(drop=True)
        corpus_rows = corpus_rows.head(TOY_DOCUMENTS)

    cleaning: dict[str, Any] = {"steps": data.clean, "empty_text": data.empty_text}
    train = prepare_train(
        train_rows,
        **cleaning,
        conflicting_labels=data.conflicting_labels,
        level_separator=data.level_separator,
        allowed_labels=data.labels,
    )
    test = prepare_test(test_rows, **cleaning)
    corpus = prepare_corpus(corpus_rows, steps=data.clean)
    reading = list(dict.fromkeys([*warnings, *more, *still_more]))
    report = summarise(train, test, corpus, warnings=reading, allowed_labels=data.labels)

    write_table(TRAIN, train.table)
    write_table(TEST, test.table)
    write_table(CORPUS, corpus.table)
    hierarchy = {"parents": train.labels.parents, "parent_ids": train.labels.parent_ids}
    write_json(LABELS, {"labels": train.labels.names, **hierarchy})
    write_json(DATA_REPORT, report)
    for warning in report["warnings"]:
        say(f"warning: {warning}")
    _warn_of_changed_corpus(data.test, data.corpus, folder)
    sizes = f"{report['train_rows']} training rows, {report['classes']} classes, {report['test_rows']} test rows"
    say(f"{sizes}, {report['corpus_texts']} documents: {TRAIN.parent}/")
    return None


def show_preview(tables: "list[pd.DataFrame]", steps: list[dict[str, Any]], n_shown: int) -> None:
    """Print what the cleaning steps change in the training and test rows."""
    from pipeline.data.preview import describe_preview, preview_cleaning

    texts = [text if isinstance(text, str) else "" for table in tables for text in table["text"]]
    places = [f"{file}:{line}" for table in tables for file, line in zip(table["file"], table["line"], strict=True)]
    for line in describe_preview(preview_cleaning(texts, steps, n_shown), places):
        say(line)


def _warn_of_changed_corpus(test: str, corpus: list[str], folder: Path) -> None:
    if test in corpus:
        say(
            f"note: {folder / test} is in data.corpus too. For another board, add its file and name it in data.test "
            "alone; changing this one in place would post-train and fine-tune again"
        )


if __name__ == "__main__":
    run_stage(main)
