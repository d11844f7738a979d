"""Let a member that was trained elsewhere take part."""

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.artifacts.atomic import atomic_folder, read_json
from pipeline.artifacts.logits import read_oof, read_test, write_member
from pipeline.artifacts.paths import LABELS, OOF_LOGITS, TEST, TEST_LOGITS
from pipeline.artifacts.tables import count_folds, read_scored_rows, read_table
from pipeline.runtime.messages import say

if TYPE_CHECKING:
    from pipeline.plan.entries import Entry


def run(entry: "Entry") -> None:
    """Check the logits of one member that was trained elsewhere, and write the logits as a member's."""
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
