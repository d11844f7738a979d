"""Learn TF-IDF or word vectors from the corpus: `python -m stages.train_vectors tfidf`."""

from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage


def main(name: Annotated[str, typer.Argument(help="A name under `vectors` in params.yaml.")]) -> None:
    """Write models/vectors/NAME/."""
    from pipeline.plan.current import running

    with running("train_vectors", name) as entry:
        from pipeline.steps import train_vectors

        train_vectors.run(entry)


if __name__ == "__main__":
    run_stage(main)
