"""Assign every training row to a fold: `python -m stages.split_folds`."""

from pipeline.runtime.cli import run_stage


def main() -> None:
    """Write data/folds.parquet: row_id, repeat, fold."""
    from pipeline.plan.current import running

    with running("split_folds") as entry:
        from pipeline.steps import split_folds

        split_folds.run(entry)


if __name__ == "__main__":
    run_stage(main)
