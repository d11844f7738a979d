"""Train a member on every fold: `python -m stages.finetune bert-ce`, or one fold of it with `--fold 3`.

The folds run side by side on whatever GPUs there are, and on a CPU as many as its cores have threads for. A finished
fold is kept in .scratch/ under a hash of everything that determines it, and beside it the state of the one that is
running: a stage that was killed goes on where it was. The outputs appear when all folds are there, and the folds stay
in .scratch/ until DVC has recorded them.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.runtime.cli import run_stage, say

if TYPE_CHECKING:
    from pipeline.members.labelled_rows import LabelledRows


def main(
    member: Annotated[str, typer.Argument(help="A name under `members` in params.yaml.")],
    fold: Annotated[int | None, typer.Option(help="Train this fold alone, and leave the outputs as they are.")] = None,
) -> None:
    """Train MEMBER on the folds and write its weights, its out-of-fold logits and its learning curves."""
    from pipeline.errors import UserError
    from pipeline.runtime.scratch import alone

    recipe = _recipe(member)
    n_files = _n_files()
    if fold is not None and not 0 <= fold < n_files:
        raise UserError(f"--fold: got {fold}, 0 to {n_files - 1} are allowed")
    scratch = _scratch(recipe)
    if fold is not None:
        _train(recipe, scratch, [fold])
        return
    with alone(scratch, member):
        _train(recipe, scratch, range(n_files))
        _publish(member, recipe, scratch, n_files)


def _train(recipe: dict[str, Any], scratch: Path, folds: Sequence[int]) -> None:
    """Train those of the folds that are not kept."""
    from pipeline import registry
    from pipeline.artifacts.paths import fold_name
    from pipeline.runtime.devices import run_on_devices
    from pipeline.runtime.scratch import is_kept

    member = recipe["name"]
    missing = [k for k in folds if not is_kept(scratch / fold_name(k), f"{member} fold {k}")]
    for k in folds:
        if k not in missing:
            say(f"{member} fold {k}: finished before, kept")
    devices = registry.load("kinds", recipe["kind"]).devices(recipe)
    if missing:
        say(f"{member}: {len(missing)} folds on {', '.join(dict.fromkeys(devices))}")
    run_on_devices(train_one_fold, [(member, k) for k in missing], devices, [f"{member} fold {k}" for k in missing])


def train_one_fold(member: str, fold: int, device: str) -> None:
    """Train one fold and leave its weights, logits and history in the scratch folder, if nobody else has meanwhile."""
    from pipeline.artifacts.paths import fold_name
    from pipeline.runtime.scratch import alone, is_kept

    kept, what = _scratch(_recipe(member)) / fold_name(fold), f"{member} fold {fold}"
    with alone(kept, what):
        if not is_kept(kept, what):
            _train_into(kept, member, fold, device, what)


def _train_into(kept: Path, member: str, fold: int, device: str, what: str) -> None:
    from pipeline import registry
    from pipeline.artifacts.logits import write_logits
    from pipeline.metrics import macro_f1
    from pipeline.runtime.scratch import drop_file, keep_folder

    recipe = _recipe(member)
    kind = registry.load("kinds", recipe["kind"])
    row_id, fold_ids, rows = _inputs(member)
    n_folds = int(fold_ids.max()) + 1
    held_out = fold_ids[fold // n_folds] == fold % n_folds
    state_file = kept.with_name(f"{kept.name}.state")
    trained = kind.train_fold(
        Path(recipe["from"]),
        rows,
        (~held_out).nonzero()[0],
        held_out.nonzero()[0],
        recipe | {"seed": recipe["seed"] + fold},
        device,
        what,
        state_file,
    )
    with keep_folder(kept) as folder:
        (folder / "weights").mkdir()
        trained.save(folder / "weights")
        write_logits(folder / "logits.npz", row_id[held_out].tolist(), trained.logits, rows.classes.names)
        trained.history.to_csv(folder / "history.csv", index=False, lineterminator="\n")
    drop_file(state_file)
    score = macro_f1(rows.label_ids[held_out.nonzero()[0]], trained.logits.argmax(axis=1), len(rows.classes.names))
    say(f"{what}: macro-F1 {score:.4f}")


@cache
def _inputs(member: str) -> "tuple[Any, Any, LabelledRows[Any]]":
    """What all folds of a member share, read once a process: ids [N], folds [repeats, N], and the rows."""
    import numpy as np

    from pipeline import registry
    from pipeline.artifacts.atomic import read_json
    from pipeline.artifacts.augmented import read_augmented
    from pipeline.artifacts.folds import read_fold_ids
    from pipeline.artifacts.paths import LABELS, TRAIN
    from pipeline.artifacts.tables import read_table
    from pipeline.data.labels import as_label_set
    from pipeline.members.labelled_rows import LabelledRows

    recipe = _recipe(member)
    kind = registry.load("kinds", recipe["kind"])
    kind.set_up(recipe)
    train = read_table(TRAIN, ["row_id", "text", "label_id"])
    row_id, label_ids = train["row_id"].to_numpy(dtype=str), train["label_id"].to_numpy()
    copies, copy_of = read_augmented(recipe["augmented"], row_id)
    features = kind.featurize(Path(recipe["from"]), [*train["text"], *copies], recipe)
    label_ids = np.concatenate([label_ids, label_ids[copy_of]])
    return row_id, read_fold_ids(row_id), LabelledRows(features, label_ids, as_label_set(read_json(LABELS)), copy_of)


def _recipe(member: str) -> dict[str, Any]:
    from pipeline.artifacts.atomic import read_json
    from pipeline.artifacts.paths import RECIPES
    from pipeline.errors import UserError

    path = RECIPES / f"{member}.json"
    if not path.exists():
        known = ", ".join(sorted(file.stem for file in RECIPES.glob("*.json"))) or "none yet"
        raise UserError(f"{member!r}: no recipe {path}; recipes: {known}. Run `python -m stages.recipes` after an edit")
    recipe: dict[str, Any] = read_json(path)
    return recipe


def _n_files() -> int:
    from pipeline.artifacts.folds import count_folds

    return count_folds()


@cache
def _scratch_key(member: str) -> str:
    import hashlib

    from pipeline.artifacts.hashes import hash_path
    from pipeline.artifacts.paths import FOLDS, LABELS, RECIPES, TRAIN

    inputs = [RECIPES / f"{member}.json", Path(_recipe(member)["from"]), TRAIN, LABELS, FOLDS]
    return hashlib.sha256("".join(hash_path(path) for path in inputs).encode()).hexdigest()[:16]


def _scratch(recipe: dict[str, Any]) -> Path:
    from pipeline.artifacts.paths import SCRATCH

    return SCRATCH / f"{recipe['name']}-{_scratch_key(recipe['name'])}"


def _publish(member: str, recipe: dict[str, Any], scratch: Path, n_files: int) -> None:
    """Copy the finished folds to the stage's outputs."""
    import shutil

    from pipeline import registry
    from pipeline.artifacts.atomic import atomic_folder
    from pipeline.artifacts.paths import HISTORY, MEMBERS, OOF_LOGITS, fold_name
    from pipeline.runtime.scratch import mark_published

    with (
        atomic_folder(MEMBERS / member) as weights,
        atomic_folder(OOF_LOGITS / member) as logits,
        atomic_folder(HISTORY / "finetune" / member) as history,
    ):
        registry.load("kinds", recipe["kind"]).save_shared(Path(recipe["from"]), weights / "shared")
        for fold in range(n_files):
            name = fold_name(fold)
            shutil.copytree(scratch / name / "weights", weights / name)
            shutil.copyfile(scratch / name / "logits.npz", logits / f"{name}.npz")
            shutil.copyfile(scratch / name / "history.csv", history / f"{name}.csv")
    mark_published(scratch, f"finetune@{member}")
    say(f"{member}: {MEMBERS / member}/, {OOF_LOGITS / member}/")


if __name__ == "__main__":
    run_stage(main)
