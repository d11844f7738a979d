"""Make an embedded competition out of the docstrings of installed packages: `python -m stages.collect stackdocs`."""

from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage, say


def main(name: Annotated[str, typer.Argument(help="A name under `embedded` in params.yaml.")]) -> None:
    """Write data/raw/NAME/ and data/plain/NAME.txt."""
    import sysconfig
    from pathlib import Path

    from pipeline.artifacts.paths import PLAIN, RAW
    from pipeline.config import load_params
    from pipeline.data.stackdocs.packages import PACKAGES, TOY_PACKAGES
    from pipeline.data.stackdocs.write import write_stackdocs

    params = load_params()
    raw, plain = RAW / name, PLAIN / f"{name}.txt"
    counts = write_stackdocs(
        Path(sysconfig.get_paths()["purelib"]),
        raw,
        plain,
        **params.entry("embedded", name).model_dump(),
        packages=TOY_PACKAGES if params.toy else PACKAGES,
    )
    sizes = f"{counts['train']} labelled and {counts['test']} test texts in {counts['classes']} classes"
    say(f"{sizes}, {counts['unlabelled']} unlabelled: {raw}/")
    say(f"{counts['plain']} documents in plain words: {plain}")


if __name__ == "__main__":
    run_stage(main)
