"""Make the embedded competition out of the docstrings of installed packages: `python -m stages.collect`."""

from pipeline.runtime.cli import run_stage, say


def main() -> None:
    """Write data/raw/stackdocs/ and data/plain/stackdocs.txt."""
    import sysconfig
    from pathlib import Path

    from pipeline.artifacts.paths import PLAIN, RAW
    from pipeline.config import load_params
    from pipeline.data.stackdocs.packages import PACKAGES, TOY_PACKAGES
    from pipeline.data.stackdocs.write import write_stackdocs

    params = load_params()
    raw, plain = RAW / "stackdocs", PLAIN / "stackdocs.txt"
    counts = write_stackdocs(
        Path(sysconfig.get_paths()["purelib"]),
        raw,
        plain,
        **params.stackdocs.model_dump(),
        packages=TOY_PACKAGES if params.toy else PACKAGES,
    )
    sizes = f"{counts['train']} labelled and {counts['test']} test texts in {counts['classes']} classes"
    say(f"{sizes}, {counts['unlabelled']} unlabelled: {raw}/")
    say(f"{counts['plain']} documents in plain words: {plain}")


if __name__ == "__main__":
    run_stage(main)
