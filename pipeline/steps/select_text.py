"""Add text from outside the competition to its own."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import registry
from pipeline.artifacts.paths import CORPUS, TRAIN, UNLABELLED
from pipeline.artifacts.tables import read_table, write_corpus
from pipeline.data.corpus import stream_texts
from pipeline.data.selection import select_nearest
from pipeline.runtime.messages import say
from pipeline.text import clean

if TYPE_CHECKING:
    from pipeline.plan.entries import Entry

TOY_DOCUMENTS = 2000  # a toy run reads so many
TEXTS_AT_ONCE = 1024  # cleaned at a time


def run(entry: "Entry") -> None:
    """Select documents of one text from outside, and write them after the competition's texts."""
    name, params = str(entry.key), entry.params
    settings = params.unlabelled[name]
    corpus: list[str] = read_table(CORPUS, ["text"])["text"].tolist()
    train = read_table(TRAIN, ["text", "label_id"])
    outside = stream_texts(Path(settings.from_), settings.column, f"select {name}")
    outside = clean_stream(islice(outside, TOY_DOCUMENTS if params.toy else None), params.data.clean)
    known = {*corpus, *train["text"]}
    chosen: Iterable[tuple[str, float | None]]
    if settings.select is None:
        chosen = ((text, None) for text in outside if text not in known)
    else:
        method: dict[str, Any] = dict(settings.select.method)
        measure = registry.load("selection", method.pop("name"))
        similarity = measure(train["text"].tolist(), train["label_id"].to_numpy(), **method)
        chosen = select_nearest(outside, similarity, settings.select.n, known)

    path = UNLABELLED / f"{name}.parquet"
    n_rows = write_corpus(path, chain_rows(corpus, chosen))
    say(f"{name}: {len(corpus)} documents of the competition, {n_rows - len(corpus)} from {settings.from_}: {path}")


def clean_stream(texts: Iterable[str], steps: Sequence[Any]) -> Iterator[str]:
    """Clean a stream as `prepare` cleans the competition's text; texts of which nothing is left are left out."""
    remaining = iter(texts)
    while part := list(islice(remaining, TEXTS_AT_ONCE)):
        yield from (text for text in clean(part, steps) if text.strip())


def chain_rows(corpus: Sequence[str], chosen: Iterable[tuple[str, float | None]]) -> Iterator[tuple[str, float | None]]:
    """Yield the competition's texts, which have no similarity, and then the chosen texts with theirs."""
    yield from ((text, None) for text in corpus)
    yield from chosen
