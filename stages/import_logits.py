"""Let a member that was trained elsewhere take part: `python -m stages.import_logits my-llm`.

Its folder holds `oof_logits/fold-<k>.npz` and `test_logits/fold-<k>.npz`, one file for each fold of data/folds.parquet,
as README.md describes them.
"""

from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage


def main(name: Annotated[str, typer.Argument(help="A name under `external` in params.yaml.")]) -> None:
    """Check the files and write models/oof_logits/1/NAME/ and models/test_logits/1/NAME/."""
    from pipeline.plan.current import running

    with running("import_logits", name) as entry:
        from pipeline.steps import import_logits

        import_logits.run(entry)


if __name__ == "__main__":
    run_stage(main)
