"""Train members on every fold.

The folds run side by side on whatever GPUs there are, and on a CPU as many as its cores have threads for. A finished
fold is kept in .scratch/ under a hash of everything that determines it, and beside it the state of a running fold.
The outputs appear when all folds are there, and the folds stay in .scratch/ until DVC has recorded the outputs.
"""

import shutil
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.artifacts.atomic import atomic_folder, read_json, write_json
from pipeline.artifacts.logits import write_logits
from pipeline.artifacts.paths import ADDITIONAL, FOLDS, HISTORY, LABELS, MADE_ON, MEMBERS, OOF_LOGITS, TRAIN, fold_name
from pipeline.artifacts.tables import count_folds, read_copies, read_fold_ids, read_table
from pipeline.data.labels import as_label_set
from pipeline.errors import UserError
from pipeline.members.kind import Run, load_kind
from pipeline.members.rows import TrainingRows, rows_of_competition
from pipeline.metrics import macro_f1
from pipeline.plan.makers import require_made
from pipeline.runtime.devices import usable_devices
from pipeline.runtime.executors.executor import Job, run_all
from pipeline.runtime.executors.local import local_executor
from pipeline.runtime.made_on import made_on
from pipeline.runtime.messages import say
from pipeline.runtime.scratch import alone, drop_file, is_kept, keep_folder, mark_published, scratch_folder
from pipeline.steps.on_device import train_on_device

if TYPE_CHECKING:
    from pipeline.members.recipe import MemberRecipe
    from pipeline.plan.entries import Entry

MADE_ON_FILE = "made_on.json"  # beside a fold's weights


def run(entry: "Entry", fold: int | None = None) -> None:
    """Train a member on every fold and publish it, or train one fold alone."""
    n_files = count_folds()
    if fold is not None and not 0 <= fold < n_files:
        raise UserError(f"--fold: got {fold}, 0 to {n_files - 1} are allowed")
    if fold is not None:
        _train(_jobs(entry, [fold]))
        return
    with alone(_scratch(entry), str(entry.key)):
        _train(_jobs(entry, range(n_files)))
        _publish(entry, n_files)


def train_all(entries: "Sequence[Entry]") -> None:
    """Train every fold of these members that is neither kept nor published, and publish nothing.

    Raises UserError before anything trains where a member's inputs are not there, with the stages that make them.
    """
    require_made({str(entry.key): _inputs_of(entry) for entry in entries})
    n_files = count_folds()
    waiting = [entry for entry in entries if not _is_published(entry)]
    _train([job for entry in waiting for job in _jobs(entry, range(n_files))])
    say(f"all folds of {len(entries)} members are there, {len(waiting)} of them for `dvc repro` to publish")


def _is_published(entry: "Entry") -> bool:
    """Say whether the outputs are those of this entry; if so, no fold needs to be kept in .scratch/ any more."""
    report = MADE_ON / f"{entry.key}.json"
    is_there = report.exists() and (MEMBERS / str(entry.key)).exists()
    return is_there and bool(read_json(report)["key"] == _scratch(entry).name)


def _jobs(entry: "Entry", folds: Sequence[int]) -> list[Job]:
    """Make a job for each of the folds that is not kept."""
    member, recipe = entry.key, _recipe(entry)
    missing = [k for k in folds if not is_kept(_scratch(entry) / fold_name(k), f"{member} fold {k}")]
    for k in folds:
        if k not in missing:
            say(f"{member} fold {k}: finished before, kept")
    needs = load_kind(recipe.kind).resources(recipe)
    if missing:
        say(f"{member}: {len(missing)} folds on {', '.join(usable_devices(needs.gpu))}")
    return [Job(train_on_device, (entry, k), needs, f"{member} fold {k}") for k in missing]


def _train(jobs: Sequence[Job]) -> None:
    with local_executor([job.resources for job in jobs]) as executor:
        run_all(executor, jobs)


def train_one_fold(entry: "Entry", fold: int, device: str) -> None:
    """Train one fold and leave its weights, logits and history in the scratch folder, if nobody else has meanwhile."""
    kept, what = _scratch(entry) / fold_name(fold), f"{entry.key} fold {fold}"
    with alone(kept, what):
        if not is_kept(kept, what):
            _train_into(kept, entry, fold, device, what)


def _train_into(kept: Path, entry: "Entry", fold: int, device: str, what: str) -> None:
    recipe = _recipe(entry)
    kind = load_kind(recipe.kind)
    kind.set_up(recipe)  # the fold before may have been another member's
    row_id, rows = _inputs(entry)
    held_out = rows.held_out_rows(fold)
    state_file = kept.with_name(f"{kept.name}.state")
    of_fold = recipe.model_copy(update={"seed": recipe.seed + fold})
    trained = kind.fit(rows, fold, of_fold, Run(device, what, state_file))
    logits = trained.model.logits(rows.features, held_out)
    with keep_folder(kept) as folder:
        (folder / "weights").mkdir()
        trained.model.save(folder / "weights")
        write_json(folder / "weights" / MADE_ON_FILE, made_on(device))
        write_logits(folder / "logits.npz", row_id[held_out].tolist(), logits, rows.classes.names)
        trained.history.to_csv(folder / "history.csv", index=False, lineterminator="\n")
    drop_file(state_file)
    score = macro_f1(rows.label_ids[held_out], logits.argmax(axis=1), len(rows.classes.names))
    say(f"{what}: macro-F1 {score:.4f}")


@lru_cache(1)  # a process trains one member after another
def _inputs(entry: "Entry") -> tuple[Any, TrainingRows[Any]]:
    """Read what all folds of a member share: the competition's ids [N], and all rows."""
    recipe = _recipe(entry)
    train = read_table(TRAIN, ["row_id", "text", "label_id"])
    row_id, label_ids = train["row_id"].to_numpy(dtype=str), train["label_id"].to_numpy()
    copies, copy_of = read_copies(str(entry.key), row_id)
    features = load_kind(recipe.kind).reader(Path(recipe.from_), recipe)([*train["text"], *copies])
    classes = as_label_set(read_json(LABELS))
    return row_id, rows_of_competition(features, label_ids, classes, read_fold_ids(row_id), copy_of)


def _recipe(entry: "Entry") -> "MemberRecipe":
    recipe: MemberRecipe = entry.params.members[str(entry.key)]
    return recipe


@cache
def _scratch(entry: "Entry") -> Path:
    return scratch_folder(str(entry.key), _inputs_of(entry), entry.settings, entry.code)


def _inputs_of(entry: "Entry") -> list[Path]:
    return [Path(_recipe(entry).from_), TRAIN, LABELS, FOLDS, ADDITIONAL / f"{entry.key}.parquet"]


def _publish(entry: "Entry", n_files: int) -> None:
    """Copy the finished folds to the stage's outputs."""
    member, recipe, scratch = str(entry.key), _recipe(entry), _scratch(entry)
    with (
        atomic_folder(MEMBERS / member) as weights,
        atomic_folder(OOF_LOGITS / member) as logits,
        atomic_folder(HISTORY / "finetune" / member) as history,
    ):
        load_kind(recipe.kind).save_shared(Path(recipe.from_), weights / "shared")
        # By which the finished ensemble reads the weights.
        write_json(weights / "recipe.json", entry.settings["members"][member])
        for fold in range(n_files):
            name = fold_name(fold)
            shutil.copytree(scratch / name / "weights", weights / name)
            shutil.copyfile(scratch / name / "logits.npz", logits / f"{name}.npz")
            shutil.copyfile(scratch / name / "history.csv", history / f"{name}.csv")
    names = [fold_name(fold) for fold in range(n_files)]
    places = {name: read_json(scratch / name / "weights" / MADE_ON_FILE) for name in names}
    write_json(MADE_ON / f"{member}.json", {"key": scratch.name, "folds": places})
    mark_published(scratch, f"finetune@{member}")
    say(f"{member}: {MEMBERS / member}/, {OOF_LOGITS / member}/")
