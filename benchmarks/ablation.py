"""What each word of a member is worth: one change of one baseline at a time, on the same folds and seeds.

Run in the project's root after `dvc repro` of the competition: `python -m benchmarks.ablation bert-ce`.
Every line of the table is the named member with one change; its difference to the member as it is has a 95 % paired
bootstrap interval over the held-out rows, averaged over the seeds. The interval does not hold what another seed would
change: the line `another seed` shows that. Finished trainings are kept in `--out`, so that a run that was stopped goes
on: empty it after an edit of the member or of code.
"""

import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from pipeline.artifacts.atomic import atomic_path, read_json
from pipeline.artifacts.paths import LABELS, TRAIN
from pipeline.artifacts.tables import read_fold_ids, read_table
from pipeline.config import load_params
from pipeline.data.labels import as_label_set
from pipeline.members.kind import Run, load_kind
from pipeline.members.recipe import MemberRecipe, load_recipe
from pipeline.members.rows import rows_of_competition
from pipeline.metrics import macro_f1
from pipeline.runtime.cli import say
from pipeline.runtime.devices import Room
from pipeline.runtime.executors.executor import Job, Resources, run_all
from pipeline.runtime.executors.local import ThisProcess, WorkerProcesses

SUPCON: dict[str, Any] = {"loss": "supcon", "weight": 0.1, "on": "samples_and_classes"}
HEAD: dict[str, Any] = {"samples": 4, "reduce": "sum", "p": 0.2}
NEURAL: dict[str, dict[str, Any]] = {
    "another seed": {"seed": 1042},
    "layers: {name: early_exit, n: 1}": {"layers": {"name": "early_exit", "n": 1}},
    "layers: {name: concat_last, n: 2}": {"layers": {"name": "concat_last", "n": 2}},
    "layers: weighted_sum": {"layers": "weighted_sum"},
    "layers: hire": {"layers": "hire"},
    "sequence: [lstm]": {"sequence": ["lstm"]},
    "sequence: [gru]": {"sequence": ["gru"]},
    "sequence: [lstm, gru]": {"sequence": ["lstm", "gru"]},
    "sequence: [lstm, gru], poolers: [max]": {"sequence": ["lstm", "gru"], "poolers": ["max"]},
    "sequence: [textcnn], poolers: [max]": {"sequence": ["textcnn"], "poolers": ["max"]},
    "sequence: [word_conv], poolers: [max]": {"sequence": ["word_conv"], "poolers": ["max"]},
    "poolers: [mean]": {"poolers": ["mean"]},
    "poolers: [max]": {"poolers": ["max"]},
    "poolers: [self_attention]": {"poolers": ["self_attention"]},
    "poolers: [dynamic_routing]": {"poolers": ["dynamic_routing"]},
    "poolers: [cls, mean, max], combine: sum": {"poolers": ["cls", "mean", "max"]},
    "poolers: [cls, mean, max], combine: concat": {"poolers": ["cls", "mean", "max"], "combine": "concat"},
    "dropout: 0.0": {"dropout": 0.0},
    "dropout: 0.2": {"dropout": 0.2},
    "lora: {rank: 8, alpha: 16}": {"lora": {"rank": 8, "alpha": 16.0, "dropout": 0.0}},
    "head: {samples: 4, reduce: sum, p: 0.2}": {"head": HEAD},
    "head: {samples: 4, reduce: mean, p: 0.2}": {"head": HEAD | {"reduce": "mean"}},
    "head: {samples: 8, reduce: sum, p: 0.2}": {"head": HEAD | {"samples": 8}},
    "levels: {weight: 0.2, prediction: flat}": {"levels": {"weight": 0.2, "prediction": "flat"}},
    "levels: {weight: 0.2, prediction: hierarchical}": {"levels": {"weight": 0.2, "prediction": "hierarchical"}},
    "loss: {name: ce, label_smoothing: 0.1}": {"loss": {"name": "ce", "label_smoothing": 0.1}},
    "loss: {name: focal, gamma: 0.3}": {"loss": {"name": "focal", "gamma": 0.3}},
    "loss: {name: focal, gamma: 1.0}": {"loss": {"name": "focal", "gamma": 1.0}},
    "loss: dice": {"loss": "dice"},
    "loss: {name: dice, hardest_share: 0.7}": {"loss": {"name": "dice", "hardest_share": 0.7}},
    "loss: macro_f1": {"loss": "macro_f1"},
    "class_weights: none": {"class_weights": "none"},
    "class_weights: balanced": {"class_weights": "balanced"},
    "class_weights: effective_number": {"class_weights": "effective_number"},
    "contrastive: supcon on samples": {"contrastive": SUPCON | {"on": "samples"}},
    "contrastive: supcon on samples_and_classes": {"contrastive": SUPCON},
    "contrastive: ntxent on samples": {"contrastive": SUPCON | {"loss": "ntxent", "on": "samples"}},
    "contrastive: ntxent on samples_and_classes": {"contrastive": SUPCON | {"loss": "ntxent"}},
    "r_drop: 1.0": {"r_drop": 1.0},
    "adversarial: fgm": {"adversarial": "fgm"},
    "adversarial: pgd": {"adversarial": "pgd"},
    "adversarial: freelb": {"adversarial": "freelb"},
    "flooding: 0.2": {"flooding": 0.2},
    "averaging: swa": {"averaging": "swa"},
    "averaging: ema": {"averaging": "ema"},
    "sampler: weighted, class_weights: none": {"sampler": "weighted", "class_weights": "none"},
    "sampler: oversample, class_weights: none": {"sampler": "oversample", "class_weights": "none"},
    "layer_decay: 0.9": {"layer_decay": 0.9},
    "unfreeze_every: 100": {"unfreeze_every": 100},
    "schedule: cosine": {"schedule": "cosine"},
    "schedule: constant": {"schedule": "constant"},
    "early_stop: {on: inner, patience: 3}": {
        "early_stop": {"on": "inner", "metric": "macro_f1", "share": 0.1, "patience": 3}
    },
}
LINEAR: dict[str, dict[str, Any]] = {
    "classifier: logistic": {"classifier": "logistic"},
    "class_weights: none": {"class_weights": "none"},
    "weighting: naive_bayes": {"weighting": "naive_bayes"},
    "classifier: logistic, weighting: naive_bayes": {"classifier": "logistic", "weighting": "naive_bayes"},
    "C: 0.3": {"C": 0.3},
    "C: 3.0": {"C": 3.0},
}
MLP: dict[str, dict[str, Any]] = {
    "another seed": {"seed": 1042},
    "hidden: [256, 128]": {"hidden": [256, 128]},
    "epochs: 60": {"epochs": 60},
    "learning_rate: 3.0e-3": {"learning_rate": 3.0e-3},
    "class_weights: none": {"class_weights": "none"},
}
CHANGES = {"neural": NEURAL, "linear": LINEAR, "mlp": MLP}
BASELINE = "as it is"


def main(
    member: Annotated[str, typer.Argument(help="A name under `members` in params.yaml: the baseline.")],
    folds: Annotated[str, typer.Option(help="Folds that are held out, as 0,1,2.")] = "0",
    seeds: Annotated[str, typer.Option(help="Seeds, as 42,43,44.")] = "42",
    side_by_side: Annotated[int, typer.Option(help="Trainings at a time, of one thread each.")] = 1,
    device: Annotated[str, typer.Option(help="cpu or cuda:0.")] = "cpu",
    only: Annotated[str, typer.Option(help="Lines whose name holds this text.")] = "",
    also: Annotated[list[str] | None, typer.Option(help="Another member, a line too; may be given again.")] = None,
    out: Annotated[Path, typer.Option(help="Where finished trainings are kept.")] = Path(".scratch/ablation"),
) -> None:
    """Train what is missing of the table and print it, in Markdown."""
    kind, as_it_is = load_params().members[member].kind, recipe_of(member, {}, 0)
    changes: dict[str, dict[str, Any]] = {BASELINE: {}} | {
        name: keys
        for name, keys in CHANGES[kind].items()
        if only in name and recipe_of(member, keys, 0) != as_it_is  # some are the defaults of some profile
    }
    jobs = [
        (member, name, keys, int(fold), int(seed), out)
        for seed in seeds.split(",")
        for fold in folds.split(",")
        for name, keys in changes.items()
    ]
    for other in also or ():
        jobs += [(other, BASELINE, {}, *job[3:]) for job in jobs if job[:2] == (member, BASELINE)]
    missing = [job for job in jobs if not _file(job).exists()]
    say(f"{len(missing)} of {len(jobs)} trainings are missing")
    needs = Resources(1, gpu=device != "cpu")
    room = Room((device,) * side_by_side if needs.gpu else (), side_by_side, by_thread=False)
    with WorkerProcesses(room) if side_by_side > 1 else ThisProcess(room) as executor:
        run_all(executor, [Job(train, (job,), needs, f"{job[0]} {job[1]}") for job in missing])
    print(table(jobs))


def train(job: tuple[str, str, dict[str, Any], int, int, Path], device: str) -> None:
    """Train the changed member on all folds but one, and keep its predictions of that one."""
    member, _, keys, fold, seed, _ = job
    recipe = recipe_of(member, keys, seed)
    kind = load_kind(recipe.kind)
    table, classes = read_table(TRAIN, ["row_id", "text", "label_id"]), as_label_set(read_json(LABELS))
    label_ids = table["label_id"].to_numpy()
    [fold_ids] = read_fold_ids(table["row_id"].to_numpy(dtype=str))[:1]
    kind.set_up(recipe)
    features = kind.reader(Path(recipe.from_), recipe)(table["text"].tolist())
    started = time.perf_counter()
    rows = rows_of_competition(features, label_ids, classes, fold_ids[None])
    held_out = rows.held_out_rows(fold)
    model = kind.fit(rows, fold, recipe, Run(device, job[1])).model
    logits = model.logits(features, held_out)
    say(f"{job[0]} {job[1]}, fold {fold}, seed {seed}: {time.perf_counter() - started:.0f} s")
    with atomic_path(_file(job)) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            labels=label_ids[held_out],
            logits=logits,
            seconds=time.perf_counter() - started,
            n_classes=len(classes.names),
        )


def recipe_of(member: str, keys: dict[str, Any], seed: int) -> MemberRecipe:
    """The member's recipe with other `keys`, on one thread, and with that seed where it has one."""
    params = load_params()
    named = params.members[member].model_dump(by_alias=True)
    return load_recipe(named["kind"]).model_validate(
        named | {key: value for key, value in {"seed": seed, "threads": 1}.items() if key in named} | keys,
        context={"defaults": params.defaults},
    )


def table(jobs: list[tuple[str, str, dict[str, Any], int, int, Path]]) -> str:
    """The lines of the table, in the order of the jobs."""
    predictions: dict[str, list[NDArray[np.int64]]] = {}
    labels: list[NDArray[np.int64]] = []
    seconds: dict[str, float] = {}
    n_seeds = len({job[4] for job in jobs})
    baseline = jobs[0][0]
    for job in jobs:
        name = job[1] if job[0] == baseline else job[0]
        with np.load(_file(job)) as done:
            predictions.setdefault(name, []).append(done["logits"].argmax(axis=1))
            seconds[name] = seconds.get(name, 0.0) + float(done["seconds"])
            n_classes = int(done["n_classes"])
            if name == BASELINE:
                labels.append(done["labels"])
    # Jobs of one seed stand together: the folds of a seed are one column of predictions of all their rows.
    per_seed = len(labels) // n_seeds
    y = np.concatenate(labels[:per_seed])
    columns = {
        name: np.stack([np.concatenate(parts[i : i + per_seed]) for i in range(0, len(parts), per_seed)])
        for name, parts in predictions.items()
    }
    lines = ["| change | macro-F1 | difference | 95 % interval | time |", "| --- | --- | --- | --- | --- |"]
    for name, predicted in columns.items():
        score = np.mean([macro_f1(y, one, n_classes) for one in predicted])
        low, value, high = difference(y, predicted, columns[BASELINE], n_classes)
        shown = "" if name == BASELINE else f"{value:+.4f} | [{low:+.4f}, {high:+.4f}]"
        relative = seconds[name] / seconds[BASELINE]
        lines.append(f"| `{name}` | {score:.4f} | {shown or ' | '} | {relative:.2f}× |")
    return "\n".join(lines)


def difference(
    y: NDArray[np.integer], a: NDArray[np.integer], b: NDArray[np.integer], n_classes: int, n_samples: int = 1000
) -> tuple[float, float, float]:
    """The mean over seeds of macro-F1(a) − macro-F1(b), a and b [S, N], between its quantiles over resampled rows."""
    rng = np.random.default_rng(0)

    def mean(rows: NDArray[np.integer]) -> float:
        scores = [[macro_f1(y[rows], one[rows], n_classes) for one in of_seeds] for of_seeds in (a, b)]
        return float(np.mean(scores[0]) - np.mean(scores[1]))

    drawn = [mean(rng.integers(len(y), size=len(y))) for _ in range(n_samples)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), mean(np.arange(len(y))), float(high)


def _file(job: tuple[str, str, dict[str, Any], int, int, Path]) -> Path:
    member, name, _, fold, seed, out = job
    slug = "".join(c if c.isalnum() else "-" for c in name)
    return out / f"{member}-{slug}-fold{fold}-seed{seed}.npz"


if __name__ == "__main__":
    typer.run(main)
