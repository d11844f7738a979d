"""Assign every training row to a fold: `python -m stages.split_folds`."""

from pipeline.runtime.cli import run_stage, say


def main() -> None:
    """Write data/folds.parquet: row_id, repeat, fold."""
    import numpy as np
    import pandas as pd

    from pipeline.artifacts.atomic import read_json
    from pipeline.artifacts.paths import FOLDS, LABELS, TRAIN
    from pipeline.artifacts.tables import read_table, write_table
    from pipeline.config import load_params
    from pipeline.data.fold_checks import check_folds
    from pipeline.data.folds import assign_folds

    folds = load_params().folds
    train = read_table(TRAIN, ["row_id", "label_id", "group"])
    labels = train["label_id"].to_numpy()
    groups = train["group"].to_numpy() if folds.group_duplicates else np.arange(len(train))
    fold_ids = assign_folds(labels, groups, folds.n_folds, folds.seed, folds.repeats)
    for warning in check_folds(fold_ids, labels, groups, read_json(LABELS)["labels"]):
        say(f"warning: {warning}")
    table = pd.DataFrame(
        {
            "row_id": np.tile(train["row_id"].to_numpy(), folds.repeats),
            "repeat": np.repeat(np.arange(folds.repeats, dtype=np.int32), len(train)),
            "fold": fold_ids.ravel(),
        }
    )
    write_table(FOLDS, table)
    sizes = ", ".join(str(n) for n in np.bincount(fold_ids[0]))
    say(f"{folds.n_folds} folds × {folds.repeats}, of {sizes} rows: {FOLDS}")


if __name__ == "__main__":
    run_stage(main)
