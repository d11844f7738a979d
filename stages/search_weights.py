"""Search class weights for every candidate and choose a pair: `python -m stages.search_weights`."""

from pipeline.runtime.cli import run_stage


def main() -> None:
    """Write models/predictions.npz and reports/class_weights.json."""
    from pipeline.plan.current import running

    with running("search_weights") as entry:
        from pipeline.steps import search_weights

        search_weights.run(entry)


if __name__ == "__main__":
    run_stage(main)
