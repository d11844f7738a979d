"""Make an embedded competition out of the docstrings of installed packages: `python -m stages.collect stackdocs`."""

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.runtime.cli import run_stage, say

if TYPE_CHECKING:
    from pipeline.plan.entries import Entry


def main(name: Annotated[str, typer.Argument(help="A name under `embedded` in params.yaml.")]) -> None:
    """Write data/raw/NAME/ and data/plain/NAME.txt."""
    from pipeline.plan.current import run_entry

    run_entry(run, "collect", name)


def run(entry: "Entry") -> None:
    """Make one embedded competition."""
    import sysconfig
    from functools import partial
    from pathlib import Path

    from pipeline.artifacts.paths import PLAIN, RAW
    from pipeline.data.stackdocs.packages import PACKAGES, TOY_PACKAGES
    from pipeline.data.stackdocs.write import write_stackdocs
    from pipeline.plan.unedited import check_worker

    name, params = str(entry.key), entry.params
    raw, plain = RAW / name, PLAIN / f"{name}.txt"
    counts = write_stackdocs(
        Path(sysconfig.get_paths()["purelib"]),
        raw,
        plain,
        **params.embedded[name].model_dump(),
        packages=TOY_PACKAGES if params.toy else PACKAGES,
        check_worker=partial(check_worker, entry),
    )
    sizes = f"{counts['train']} labelled and {counts['test']} test texts in {counts['classes']} classes"
    say(f"{sizes}, {counts['unlabelled']} unlabelled: {raw}/")
    say(f"{counts['plain']} documents in plain words: {plain}")


if __name__ == "__main__":
    run_stage(main)
