"""Learn TF-IDF or word vectors from the corpus: `python -m stages.train_vectors tfidf`."""

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.runtime.cli import run_stage, say

if TYPE_CHECKING:
    from pipeline.plan.entries import Entry


def main(name: Annotated[str, typer.Argument(help="A name under `vectors` in params.yaml.")]) -> None:
    """Write models/vectors/NAME/."""
    from pipeline.plan.current import run_entry

    run_entry(run, "train_vectors", name)


def run(entry: "Entry") -> None:
    """Learn one kind of vectors."""
    from pipeline import registry
    from pipeline.artifacts.atomic import atomic_folder
    from pipeline.artifacts.paths import CORPUS, VECTORS
    from pipeline.artifacts.tables import read_table

    name = str(entry.key)
    settings = dict(entry.settings["vectors"][name])
    texts = read_table(CORPUS, ["text"])["text"].tolist()
    with atomic_folder(VECTORS / name) as folder:
        learnt = registry.load("vectors", settings["kind"]).fit(texts, settings, folder)
    say(f"{name}: {learnt}: {VECTORS / name}/")


if __name__ == "__main__":
    run_stage(main)
