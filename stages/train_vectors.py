"""Fit TF-IDF on the corpus: `python -m stages.train_vectors tfidf`."""

from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage, say


def main(name: Annotated[str, typer.Argument(help="A name under `vectors` in params.yaml.")]) -> None:
    """Write models/vectors/NAME/."""
    from pipeline.artifacts.atomic import atomic_folder
    from pipeline.artifacts.paths import CORPUS, VECTORS
    from pipeline.artifacts.tables import read_table
    from pipeline.config import load_params
    from pipeline.members.vectors import fit_tfidf, save_tfidf

    params = load_params()
    settings = params.entry("vectors", name).model_dump()
    vectorizer = fit_tfidf(read_table(CORPUS, ["text"])["text"].tolist(), settings)
    with atomic_folder(VECTORS / name) as folder:
        save_tfidf(vectorizer, settings, folder)
    say(f"{name}: {len(vectorizer.vocabulary_)} n-grams: {VECTORS / name}/")


if __name__ == "__main__":
    run_stage(main)
