"""Let a member that was trained elsewhere take part: `python -m stages.import_logits my-llm`.

Its folder holds `oof_logits/fold-<k>.npz` and `test_logits/fold-<k>.npz`, one file for each fold of data/folds.parquet,
as README.md describes them.
"""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage, say


def main(name: Annotated[str, typer.Argument(help="A name under `external` in params.yaml.")]) -> None:
    """Check the files and write models/oof_logits/NAME/ and models/test_logits/NAME/."""
    from pipeline.artifacts.atomic import atomic_folder, read_json
    from pipeline.artifacts.folds import count_folds, read_fold_ids
    from pipeline.artifacts.logits import read_oof, read_test, write_logits
    from pipeline.artifacts.paths import LABELS, OOF_LOGITS, TEST, TEST_LOGITS, TRAIN, fold_name
    from pipeline.artifacts.tables import read_table
    from pipeline.config import load_params

    source = Path(load_params().entry("external", name).from_)
    labels = read_json(LABELS)["labels"]
    row_id = read_table(TRAIN, ["row_id"])["row_id"].to_numpy(dtype=str)
    test_id = read_table(TEST, ["row_id"])["row_id"].tolist()
    fold_ids = read_fold_ids(row_id)
    n_folds = int(fold_ids.max()) + 1
    oof = read_oof(source / "oof_logits", row_id.tolist(), fold_ids, labels)
    test = read_test(source / "test_logits", test_id, count_folds(), labels)
    with atomic_folder(OOF_LOGITS / name) as oof_folder, atomic_folder(TEST_LOGITS / name) as test_folder:
        for k, test_logits in enumerate(test):
            repeat, fold = divmod(k, n_folds)
            rows = fold_ids[repeat] == fold
            write_logits(oof_folder / f"{fold_name(k)}.npz", row_id[rows].tolist(), oof[repeat, rows], labels)
            write_logits(test_folder / f"{fold_name(k)}.npz", test_id, test_logits, labels)
    say(f"{name}: {len(test)} folds checked: {OOF_LOGITS / name}/, {TEST_LOGITS / name}/")


if __name__ == "__main__":
    run_stage(main)
