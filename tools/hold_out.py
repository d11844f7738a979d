"""Make a test part of a file in which every row has a label: `python -m tools.hold_out labelled.csv`.

For a competition that is over, or a data set that never was one. Run it once, before the DAG, with params.yaml saying
in `data` how the file is written and what its columns are called. Dialogues, or rows with one value of
`data.columns.group`, stay whole; without either, rows with equal texts do. `report` scores the submission against the
answer key; no other stage looks there.
"""

from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage, say


def main(
    file: Annotated[str, typer.Argument(help="The file, in the competition's folder data/raw/<data.competition>.")],
    share: Annotated[float, typer.Option(min=0.01, max=0.5, help="Share of the rows to hold out, about.")] = 0.2,
    seed: Annotated[int, typer.Option(min=0)] = 42,
) -> None:
    """Write train.jsonl, test.jsonl and answer_key/test_labels.csv beside the file."""
    import pandas as pd

    from pipeline.artifacts.atomic import write_text
    from pipeline.artifacts.paths import RAW
    from pipeline.config import load_params
    from pipeline.data.bad_rows import find_missing, refuse
    from pipeline.data.duplicates import group_texts
    from pipeline.data.given import given_columns
    from pipeline.data.hold_out import choose_held_out, to_json_lines
    from pipeline.data.labels import encode_labels, sort_labels
    from pipeline.data.sources.read import Layout, read_raw
    from pipeline.data.sources.table import select_columns
    from pipeline.errors import UserError

    data = load_params().data
    folder = RAW / data.competition
    train_file, test_file, key = (folder / name for name in ("train.jsonl", "test.jsonl", "answer_key/test_labels.csv"))
    for path in (train_file, test_file, key):
        if path.exists():
            raise UserError(f"{path}: is there already. Remove it if it may be made anew; the cut stays with the seed")
    layout = Layout(data.separator, data.quoting, data.encodings, data.undecodable, data.header)
    table, warnings, _ = read_raw(folder / file, layout, data.columns.text)
    wanted = {
        "row_id": data.columns.id,
        "text": data.columns.text,
        "label": data.columns.label,
        "group": data.columns.group,
        "dialogue": data.context.dialogue if data.context else None,
    }
    columns = {ours: theirs for ours, theirs in wanted.items() if theirs is not None}
    rows = select_columns(table, (folder / file).as_posix(), columns)
    refuse(rows, find_missing(rows, "label"), "label", "have no label", "Mend or delete them")
    rows["label"] = rows["label"].str.strip()
    groups = given_columns(rows).get("given_group", group_texts(rows["text"].fillna("").tolist()))
    held_out = choose_held_out(encode_labels(rows["label"].tolist(), sort_labels(rows["label"])), groups, share, seed)

    ascii_only = data.encodings[0] != "utf-8"
    write_text(train_file, to_json_lines(table, ~held_out, None, ascii_only))
    write_text(test_file, to_json_lines(table, held_out, data.columns.label, ascii_only))
    answers = rows[held_out].reset_index(drop=True)
    ids = answers["row_id"] if "row_id" in answers else answers.index.astype(str)
    write_text(key, pd.DataFrame({"id": ids, "label": answers["label"]}).to_csv(index=False, lineterminator="\n"))
    for warning in warnings:
        say(f"warning: {warning}")
    say(f"{(~held_out).sum()} training rows: {train_file}")
    say(f"{held_out.sum()} test rows: {test_file}, their labels: {key}")
    say(f"In params.yaml: data.train: [{train_file.name}], data.test: {test_file.name}, data.answer_key: answer_key")


if __name__ == "__main__":
    run_stage(main)
