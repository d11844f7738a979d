"""Make changed copies of the training texts."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import registry
from pipeline.artifacts.paths import AUGMENTED, TRAIN
from pipeline.artifacts.tables import read_table, write_table
from pipeline.augmentation.copies import make_copies
from pipeline.runtime.messages import say
from pipeline.words.segmenter import make_segmenter

if TYPE_CHECKING:
    from pipeline.plan.entries import Entry


def run(entry: "Entry") -> None:
    """Make the changed copies of the training texts that one entry of `augment` asks for."""
    name = str(entry.key)
    settings = entry.params.augment[name]
    train = read_table(TRAIN, ["row_id", "text"])
    texts = train["text"].tolist()
    arguments = {key: value for key, value in settings.method.items() if key != "name"}
    copies = make_copies(
        train["row_id"].tolist(),
        texts,
        partial(registry.load("augmentation", settings.method["name"]), **arguments),
        segmenter=make_segmenter(settings.segment, texts),
        source=Path(settings.from_),
        copies=settings.copies,
        seed=settings.seed,
    )
    write_table(AUGMENTED / f"{name}.parquet", copies)
    say(f"{name}: {len(copies)} changed copies of {len(texts)} texts: {AUGMENTED}/{name}.parquet")
