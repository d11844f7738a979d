"""Class weights side by side with what one would take instead: the tables of docs/class_weights.md.

    python benchmarks/class_weights.py speed                   # one evaluation of the objective
    python benchmarks/class_weights.py search --seconds 1 5    # every search at equal time, scored on unseen rows

Data, 35 long-tailed classes: `--data i` (logits biased by the class prior), `--data ii` (also by a random offset a
class), both generated, 14,000 rows to search on and 60,000 to score, a data set for each seed; and `--oof FILE.npz`
with y [N] and, for split s, logits<s> [N, C] and folds<s> [N]: real out-of-fold logits, scored nested over the folds.

Rivals need `pip install cma optuna`. Each gets our compiled objective, in log space, so that only the search differs;
the row "as the sources wrote it" is scipy's Nelder-Mead on the weights themselves over scikit-learn's f1_score. The
clock is the process's own CPU time, on one thread, which other work on the machine does not touch. Ours stop by
themselves; `seconds` says when.
"""

import argparse
import os
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from scipy.optimize import differential_evolution, minimize
from sklearn.metrics import f1_score

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipeline.class_weights import (
    BaggedCoordinate,
    CalibratedPrior,
    Coordinate,
    Method,
    NelderMead,
    NoWeights,
    Prior,
    predict_labels,
    search,
)
from pipeline.class_weights.objective import batched_objective
from pipeline.class_weights.prior import best_start
from pipeline.fusion import softmax
from pipeline.metrics.scores import f1_from_counts

N_CLASSES, N_ROWS, N_NEW = 35, 14_000, 60_000
SIGNAL, BIAS, OFFSET = 2.62, 2.05, 1.5  # give .46 without weights on i, as in the study that these follow
DRAWS = 300  # of the bootstrap
WIDEST = 4.0  # log weights of differential evolution and TPE lie in [-WIDEST, WIDEST]
NM_RATE = 3500  # evaluations of our Nelder-Mead in a second, its other work included
BASE = "ours: nelder_mead"

Search = Callable[[Any, Any, float, int], Any]  # probs, labels, seconds, seed -> weights


class Case(NamedTuple):
    """Rows to search on and rows to score; `score` of one split together are all its rows, each once."""

    split: int
    probs: Any
    y: Any
    new_probs: Any
    new_y: Any
    new_rows: Any


class TimeIsUpError(Exception):
    """Ends a search that cannot be told a time."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", choices=["speed", "search"])
    parser.add_argument("--data", nargs="*", default=["i", "ii"], choices=["i", "ii"])
    parser.add_argument("--oof", type=Path, help="a file of real out-of-fold logits")
    parser.add_argument("--seconds", nargs="+", type=float, default=[1.0, 5.0])
    parser.add_argument("--seeds", type=int, default=3, help="data sets, or splits of --oof")
    parser.add_argument("--only", nargs="*", help="searches whose name holds one of these words; ours are always there")
    options = parser.parse_args()
    sources = {f"synthetic {kind}": partial(generated_cases, kind) for kind in options.data}
    if options.oof:
        sources[options.oof.stem] = partial(real_cases, options.oof)
    for name, cases in sources.items():
        if options.study == "speed":
            print_speed(name, cases(1)[0])
        else:
            print_searches(name, cases(options.seeds), options.seconds, options.only)


# ── data ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def generated_cases(kind: str, n_seeds: int) -> list[Case]:
    return [generate(kind, seed) for seed in range(n_seeds)]


def generate(kind: str, seed: int) -> Case:
    rng = np.random.default_rng(seed)
    prior = np.geomspace(1931, 16, N_CLASSES)
    prior /= prior.sum()
    y = rng.choice(N_CLASSES, N_ROWS + N_NEW, p=prior)
    signal = rng.normal(size=(len(y), N_CLASSES)) + SIGNAL * np.eye(N_CLASSES)[y]
    offsets = OFFSET * rng.normal(size=N_CLASSES) if kind == "ii" else 0
    probs = softmax(SIGNAL * signal + BIAS * np.log(prior) + offsets)
    return Case(seed, probs[:N_ROWS], y[:N_ROWS], probs[N_ROWS:], y[N_ROWS:], np.arange(N_NEW))


def real_cases(file: Path, n_splits: int) -> list[Case]:
    with np.load(file) as arrays:
        y = arrays["y"]
        cases = []
        for split in range(n_splits):
            probs, folds = softmax(arrays[f"logits{split}"]), arrays[f"folds{split}"]
            for fold in np.unique(folds):
                inside = folds == fold
                rows = np.flatnonzero(inside)
                cases.append(Case(split, probs[~inside], y[~inside], probs[inside], y[inside], rows))
        return cases


# ── searches ────────────────────────────────────────────────────────────────────────────────────────────────────────


def ours(method_for: Callable[[float], Method]) -> Search:
    """The search with the method that is made for so many seconds."""

    def find(probs: Any, y: Any, seconds: float, seed: int) -> Any:
        return search(probs, y, method_for(seconds), seed).weights

    return find


def sources_nelder_mead(probs: Any, y: Any, seconds: float, seed: int) -> Any:
    """scipy's defaults from ones over scikit-learn's f1_score."""

    def loss(weights: Any) -> float:
        return -float(f1_score(y, np.argmax(weights * probs, axis=1), average="macro"))

    return best_in_time(loss, seconds, lambda f: minimize(f, np.ones(probs.shape[1]), method="Nelder-Mead"))


def scipy_nelder_mead(probs: Any, y: Any, seconds: float, seed: int) -> Any:
    """The same search with our objective."""
    one = single(probs, y)
    ones = np.ones(probs.shape[1])
    return best_in_time(lambda w: one(np.maximum(w, 1e-9)), seconds, lambda f: minimize(f, ones, method="Nelder-Mead"))


def evolution(probs: Any, y: Any, seconds: float, seed: int) -> Any:
    objective = batched_objective(probs, y)
    bounds = [(-WIDEST, WIDEST)] * probs.shape[1]

    def run(loss: Callable[[Any], Any]) -> None:
        options: Any = {"maxiter": 10**6, "tol": 0, "polish": False, "vectorized": True, "updating": "deferred"}
        differential_evolution(loss, bounds, rng=seed, x0=np.zeros(len(bounds)), popsize=3, **options)

    return np.exp(best_in_time_vectorised(lambda logs: -objective(np.exp(logs.T)), seconds, run))


def cma_es(probs: Any, y: Any, seconds: float, seed: int, warm: bool) -> Any:
    import cma

    end = time.process_time() + seconds
    objective = batched_objective(probs, y)
    start = np.log(best_start(probs, y)) if warm else np.zeros(probs.shape[1])
    best, lowest = start, np.inf
    while time.process_time() < end:
        strategy = cma.CMAEvolutionStrategy(start, 0.5, {"verbose": -9, "seed": seed + 1})
        while time.process_time() < end and not strategy.stop():
            points = np.array(strategy.ask())
            losses = -objective(np.exp(points))
            strategy.tell(list(points), losses.tolist())
            if losses.min() < lowest:
                best, lowest = points[losses.argmin()], losses.min()
        start, seed = best, seed + 1000
    return np.exp(best)


def optuna_tpe(probs: Any, y: Any, seconds: float, seed: int) -> Any:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    one, n_classes = single(probs, y), probs.shape[1]
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    study.enqueue_trial({f"w{k}": 0.0 for k in range(n_classes)})
    end = time.process_time() + seconds

    def loss(trial: Any) -> float:
        return one(np.exp([trial.suggest_float(f"w{k}", -WIDEST, WIDEST) for k in range(n_classes)]))

    while time.process_time() < end:
        study.optimize(loss, n_trials=1)
    return np.exp([study.best_params[f"w{k}"] for k in range(n_classes)])


def single(probs: Any, y: Any) -> Callable[[Any], float]:
    objective = batched_objective(probs, y)
    return lambda weights: -float(objective(np.asarray(weights)[None])[0])


def best_in_time(loss: Callable[[Any], float], seconds: float, run: Callable[[Any], object]) -> Any:
    return best_in_time_vectorised(lambda x: np.array([loss(x[:, 0])]), seconds, lambda f: run(lambda x: f(x)[0]))


def best_in_time_vectorised(loss: Callable[[Any], Any], seconds: float, run: Callable[[Any], object]) -> Any:
    """The best point that `run` asked for: points [D, P] or [D] at a time."""
    end = time.process_time() + seconds
    best: Any = (np.inf, None)

    def watched(points: Any) -> Any:
        nonlocal best
        if time.process_time() > end and best[1] is not None:
            raise TimeIsUpError
        columns = points.reshape(len(points), -1)
        losses = loss(columns)
        if losses.min() < best[0]:
            best = (losses.min(), columns[:, losses.argmin()].copy())
        return losses

    with suppress(TimeIsUpError):
        run(watched)
    return best[1]


SEARCHES: dict[str, Search] = {
    "ours: none": ours(lambda seconds: NoWeights()),
    "ours: prior": ours(lambda seconds: Prior()),
    "ours: calibrated_prior": ours(lambda seconds: CalibratedPrior()),
    BASE: ours(lambda seconds: NelderMead(max_evaluations=min(8000, int(NM_RATE * seconds)))),
    "ours: bagged_coordinate": ours(lambda seconds: BaggedCoordinate()),
    "ours: coordinate": ours(lambda seconds: Coordinate()),
    "Nelder-Mead as the sources wrote it": sources_nelder_mead,
    "scipy Nelder-Mead, our objective": scipy_nelder_mead,
    "scipy differential evolution": evolution,
    "CMA-ES from ones": partial(cma_es, warm=False),
    "CMA-ES from our start": partial(cma_es, warm=True),
    "Optuna TPE": optuna_tpe,
}


# ── tables ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def print_searches(name: str, cases: list[Case], budgets: list[float], only: list[str] | None) -> None:
    wanted = [
        n for n in SEARCHES if n.startswith("ours") or only is None or any(word.lower() in n.lower() for word in only)
    ]
    search(cases[0].probs[:500], cases[0].y[:500], Coordinate())  # compiles, once
    n_splits = len({case.split for case in cases})
    for seconds in budgets:
        print(f"\n{name}, {n_splits} seeds, {seconds:g} s a search\n")
        print("| search | tuned | unseen | by seed | minus our nelder_mead [95 %] | seconds |")
        print("| --- | ---: | ---: | --- | --- | ---: |")
        results = {n: run_cases(SEARCHES[n], cases, seconds) for n in wanted}
        draws = {n: resampled(cases, labels) for n, (_, labels, _) in results.items()}
        for n, (tuned, labels, took) in results.items():
            scores = np.array(split_scores(cases, labels))
            gap = draws[n] - draws[BASE]
            low, high = np.quantile(gap, [0.025, 0.975])
            real = scores.mean() - np.mean(split_scores(cases, results[BASE][1]))
            shown = "" if n == BASE else f"{real:+.4f} [{low:+.4f}, {high:+.4f}]"
            by_seed = " ".join(f"{score:.4f}" for score in scores)
            print(f"| {n} | {tuned:.4f} | {scores.mean():.4f} | {by_seed} | {shown} | {took:.2f} |", flush=True)


def run_cases(find: Search, cases: list[Case], seconds: float) -> tuple[float, list[Any], float]:
    """Mean macro-F1 on the rows searched on, predictions of each case's new rows, mean seconds of a search."""
    tuned, labels, took = [], [], []
    for case in cases:
        start = time.process_time()
        weights = find(case.probs, case.y, seconds, case.split)
        took.append(time.process_time() - start)
        tuned.append(batched_objective(case.probs, case.y)(weights[None])[0])
        labels.append(predict_labels(case.new_probs, weights))
    return float(np.mean(tuned)), labels, float(np.mean(took))


def split_arrays(cases: list[Case], labels: list[Any]) -> list[tuple[Any, Any]]:
    """For each split the labels and predictions of all its rows, in the order of rows."""
    arrays = []
    for split in sorted({case.split for case in cases}):
        parts = [(c.new_rows, c.new_y, p) for c, p in zip(cases, labels, strict=True) if c.split == split]
        rows, y, y_pred = (np.concatenate(part) for part in zip(*parts, strict=True))
        order = np.argsort(rows)
        arrays.append((y[order], y_pred[order]))
    return arrays


def split_scores(cases: list[Case], labels: list[Any]) -> list[float]:
    return [float(macro_f1_of(np.ones((1, len(y))), y, pred)[0]) for y, pred in split_arrays(cases, labels)]


def resampled(cases: list[Case], labels: list[Any]) -> Any:
    """Mean macro-F1 over splits [DRAWS], on resampled rows: the same rows for every search, and for every split."""
    arrays = split_arrays(cases, labels)
    n_rows = len(arrays[0][0])
    scores = np.zeros(DRAWS)
    rng = np.random.default_rng(0)
    for first in range(0, DRAWS, 50):
        counts = rng.multinomial(n_rows, np.full(n_rows, 1 / n_rows), size=50).astype(np.float32)
        scores[first : first + 50] = np.mean([macro_f1_of(counts, y, pred) for y, pred in arrays], axis=0)
    return scores


def macro_f1_of(counts: Any, y: Any, y_pred: Any) -> Any:
    """Macro-F1 [B] with each row counted `counts` [B, N] times."""
    classes = np.arange(int(max(y.max(), y_pred.max())) + 1)
    is_label = (y[:, None] == classes).astype(np.float32)
    is_pred = (y_pred[:, None] == classes).astype(np.float32)
    return f1_from_counts(counts @ (is_label * is_pred), counts @ is_pred, counts @ is_label).mean(axis=1)


def print_speed(name: str, case: Case) -> None:
    weightings = np.exp(np.random.default_rng(0).normal(size=(36, case.probs.shape[1])) * 0.7)
    objective = batched_objective(case.probs, case.y)
    sources = [
        f1_score(case.y, np.argmax(case.probs * w, axis=1), average="macro", zero_division=0) for w in weightings
    ]
    np.testing.assert_allclose(objective(weightings), sources, atol=1e-3)
    y_pred = predict_labels(case.probs, weightings[0])
    timed = {
        "argmax and f1_score, as the sources wrote it": (
            1,
            lambda: f1_score(case.y, np.argmax(case.probs * weightings[0], axis=1), average="macro"),
        ),
        "f1_score alone": (1, lambda: f1_score(case.y, y_pred, average="macro")),
        "ours, one weighting": (1, lambda: objective(weightings[:1])),
        "ours, a simplex of 36": (36, lambda: objective(weightings)),
    }
    print(f"\n{name}: {len(case.y):,} rows, {case.probs.shape[1]} classes\n")
    print("| one evaluation of macro-F1(argmax(w * p)) | ms | times as fast as the first |")
    print("| --- | ---: | ---: |")
    first = None
    for label, (evaluations, call) in timed.items():
        took = min(clocked(call) for _ in range(7)) / evaluations * 1000
        first = first or took
        print(f"| {label} | {took:.3f} | {first / took:.0f} |", flush=True)


def clocked(call: Callable[[], object], repeats: int = 10) -> float:
    start = time.process_time()
    for _ in range(repeats):
        call()
    return (time.process_time() - start) / repeats


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    main()
