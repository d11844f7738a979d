"""Let a member that was trained elsewhere take part: `python -m stages.import_logits my-llm`.

Its folder holds `oof_logits/fold-<k>.npz` and `test_logits/fold-<k>.npz`, one file for each fold of data/folds.parquet,
as README.md describes them.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.runtime.cli import run_stage, say

if TYPE_CHECKING:
    from pipeline.plan.entries import Entry


def main(name: Annotated[str, typer.Argument(help="A name under `external` in params.yaml.")]) -> None:
    """Check the files and write models/oof_logits/1/NAME/ and models/test_logits/1/NAME/."""
    from pipeline.plan.current import run_entry

    run_entry(run, "import_logits", name)


def run(entry: "Entry") -> None:
    """Check the logits of one member and write them as a member's."""
    from pipeline.artifacts.atomic import atomic_folder, read_json
    from pipeline.artifacts.logits import read_oof, read_test, write_member
    from pipeline.artifacts.paths import LABELS, OOF_LOGITS, TEST, TEST_LOGITS
    from pipeline.artifacts.tables import count_folds, read_scored_rows, read_table

    name = str(entry.key)
    source = Path(entry.params.external[name].from_)
    labels = read_json(LABELS)["labels"]
    row_id, _, fold_ids = read_scored_rows()
    test_id = read_table(TEST, ["row_id"])["row_id"].tolist()
    oof = read_oof(source / "oof_logits", row_id.tolist(), fold_ids, labels)
    test = read_test(source / "test_logits", test_id, count_folds(), labels)
    with atomic_folder(OOF_LOGITS / name) as oof_folder, atomic_folder(TEST_LOGITS / name) as test_folder:
        write_member(oof_folder, test_folder, row_id, fold_ids, oof, test_id, list(test), labels)
    say(f"{name}: {len(test)} folds checked: {OOF_LOGITS / name}/, {TEST_LOGITS / name}/")


if __name__ == "__main__":
    run_stage(main)
