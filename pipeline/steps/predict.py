"""Apply a member's fold models to the test rows.

The fold models run side by side as in `finetune`, and what is finished is kept in .scratch/ alike.
"""

import shutil
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.artifacts.atomic import atomic_folder, read_json
from pipeline.artifacts.logits import write_logits
from pipeline.artifacts.paths import LABELS, MEMBERS, TEST, TEST_LOGITS
from pipeline.artifacts.tables import read_table
from pipeline.data.labels import LabelSet, as_label_set
from pipeline.members.kind import load_kind
from pipeline.runtime.executors.executor import Job, run_all
from pipeline.runtime.executors.local import local_executor
from pipeline.runtime.messages import say
from pipeline.runtime.scratch import alone, is_kept, keep_folder, mark_published, scratch_folder
from pipeline.steps.on_device import predict_on_device

if TYPE_CHECKING:
    from pipeline.members.recipe import MemberRecipe
    from pipeline.plan.entries import Entry


def run(entry: "Entry") -> None:
    """Write a member's test logits, one file for each fold model."""
    member, recipe = str(entry.key), _recipe(entry)
    needs = load_kind(recipe.kind).resources(recipe)
    scratch = scratch_folder(f"predict-{member}", [MEMBERS / member, TEST, LABELS], entry.settings, entry.code)
    folds = sorted(
        (path.name for path in (MEMBERS / member).glob("fold-*")), key=lambda name: int(name[len("fold-") :])
    )
    with alone(scratch, f"predict {member}"):
        missing = [fold for fold in folds if not is_kept(scratch / fold, f"predict {member} {fold}")]
        jobs = [Job(predict_on_device, (entry, scratch, fold), needs, f"predict {member} {fold}") for fold in missing]
        with local_executor([job.resources for job in jobs]) as executor:
            run_all(executor, jobs)
        with atomic_folder(TEST_LOGITS / member) as logits:
            for fold in folds:
                shutil.copyfile(scratch / fold / "logits.npz", logits / f"{fold}.npz")
        mark_published(scratch, f"predict@{member}")
    say(f"{member}: {len(folds)} fold models: {TEST_LOGITS / member}/")


def predict_one_fold(entry: "Entry", scratch: Path, fold: str, device: str) -> None:
    """Compute the test logits of one fold model, and keep the file in the scratch folder."""
    recipe, member = _recipe(entry), MEMBERS / str(entry.key)
    kind = load_kind(recipe.kind)
    kind.set_up(recipe)
    row_id, features, classes = _inputs(entry, scratch)
    model = kind.load(member / "shared", member / fold, classes, recipe, device)
    logits = model.logits(features, np.arange(len(row_id)))
    with keep_folder(scratch / fold) as folder:
        write_logits(folder / "logits.npz", row_id, logits, classes.names)
    say(f"predict {entry.key} {fold}: {len(row_id)} rows")


@lru_cache(1)
def _inputs(entry: "Entry", scratch: Path) -> tuple[list[str], Any, LabelSet]:
    """Read what all fold models of a member share: ids [N], what the member's kind reads of the texts, and the classes.

    The scratch folder's name tells what the inputs are read from.
    """
    recipe = _recipe(entry)
    test = read_table(TEST, ["row_id", "text"])
    shared = MEMBERS / str(entry.key) / "shared"
    features = load_kind(recipe.kind).reader(shared, recipe)(test["text"].tolist())
    return test["row_id"].tolist(), features, as_label_set(read_json(LABELS))


def _recipe(entry: "Entry") -> "MemberRecipe":
    recipe: MemberRecipe = entry.params.members[str(entry.key)]
    return recipe
