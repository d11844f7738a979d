"""Make changed copies of the training texts: `python -m stages.augment swapped`."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage, say


def main(name: Annotated[str, typer.Argument(help="A name under `augment` in params.yaml.")]) -> None:
    """Write data/augmented/NAME.parquet: row_id, copy, text."""
    from pipeline import registry
    from pipeline.artifacts.paths import AUGMENTED, TRAIN
    from pipeline.artifacts.tables import read_table, write_table
    from pipeline.augmentation.copies import make_copies
    from pipeline.config import load_params
    from pipeline.words.segmenter import make_segmenter

    params = load_params()
    entry = params.entry("augment", name)
    train = read_table(TRAIN, ["row_id", "text"])
    texts = train["text"].tolist()
    arguments = {key: value for key, value in entry.method.items() if key != "name"}
    copies = make_copies(
        train["row_id"].tolist(),
        texts,
        partial(registry.load("augmentation", entry.method["name"]), **arguments),
        segmenter=make_segmenter(entry.segment, texts),
        source=Path(entry.from_),
        copies=entry.copies,
        seed=entry.seed,
    )
    write_table(AUGMENTED / f"{name}.parquet", copies)
    say(f"{name}: {len(copies)} changed copies of {len(texts)} texts: {AUGMENTED}/{name}.parquet")


if __name__ == "__main__":
    run_stage(main)
