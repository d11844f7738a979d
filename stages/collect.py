"""Make an embedded competition out of the docstrings of installed packages: `python -m stages.collect stackdocs`."""

from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage


def main(name: Annotated[str, typer.Argument(help="A name under `embedded` in params.yaml.")]) -> None:
    """Write data/raw/NAME/ and data/plain/NAME.txt."""
    from pipeline.plan.current import running

    with running("collect", name) as entry:
        from pipeline.steps import collect

        collect.run(entry)


if __name__ == "__main__":
    run_stage(main)
