"""Put the rows that members learn from beside the competition's own in one file a member: `python -m stages.gather`.

A member's file keeps its bytes when another member's copies change: only the one whose rows changed trains again.
"""

from pipeline.runtime.cli import run_stage


def main() -> None:
    """Write data/additional/<member>.parquet for every member: row_id, text."""
    from pipeline.plan.current import running

    with running("gather") as entry:
        from pipeline.steps import gather

        gather.run(entry)


if __name__ == "__main__":
    run_stage(main)
