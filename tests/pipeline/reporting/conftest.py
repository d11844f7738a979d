"""Synthetic contents of realistic size: the tests use them, and a person who wants to look at a page."""

from collections.abc import Callable

import numpy as np
import pytest

from pipeline.reporting.contents import Candidate, Contents, Curve

PACKAGES = {
    "numpy": ["core", "fft", "lib", "linalg", "ma", "polynomial", "random"],
    "pandas": ["core", "io", "plotting", "tseries"],
    "scipy": [
        "integrate",
        "interpolate",
        "linalg",
        "ndimage",
        "optimize",
        "signal",
        "sparse",
        "special",
        "stats",
    ],
    "sklearn": [
        "cluster",
        "datasets",
        "decomposition",
        "ensemble",
        "linear_model",
        "metrics",
        "preprocessing",
    ],
    "sympy": ["combinatorics", "core", "functions", "geometry", "matrices", "physics", "polys", "solvers"],
}
MEMBERS = ("bert-ce", "nezha-dice", "tfidf-svm")
FUSIONS = ("vote-first", "vote-probability", "vote-rank", "probability-average", "rank-average")
METHODS = ("none", "nelder_mead", "coordinate")


def synthetic_contents(n_classes: int = 35, n_folds: int = 5, seed: int = 0) -> Contents:
    """Three members, five fusions and three class-weight methods on a long tail of `n_classes` classes."""
    rng = np.random.default_rng(seed)
    base = [f"{package}-{part}" for package, parts in PACKAGES.items() for part in parts]
    labels = sorted((base + [f"networkx-part{i:02d}" for i in range(n_classes)])[:n_classes])
    counts = np.maximum(16, 700 * np.arange(1, n_classes + 1) ** -1.05).astype(int)[rng.permutation(n_classes)]
    f1_before = np.clip(rng.normal(0.72, 0.16, n_classes) - 2 / counts, 0.05, 0.98)
    f1_after = np.clip(f1_before + rng.normal(0.012, 0.035, n_classes), 0, 1)
    test_counts = rng.poisson(counts * 0.25) * (np.arange(n_classes) != 3)
    return Contents(
        competition="stackdocs",
        labels=labels,
        label_counts=counts.tolist(),
        candidates=_candidates(rng, n_folds),
        gain={"difference": 0.0213, "low": 0.0118, "high": 0.0307},
        gain_names=("vote-rank × coordinate", "nezha-dice × coordinate"),
        confusion=_confusion(rng, counts, f1_after),
        f1_before=f1_before.tolist(),
        f1_after=f1_after.tolist(),
        class_weights=np.exp(rng.normal(0, 0.4, n_classes)).tolist(),
        member_names=list(MEMBERS),
        agreement=np.array([[1, 0.781, 0.712], [0.781, 1, 0.735], [0.712, 0.735, 1]]),
        correlation=np.array([[1, 0.871, 0.802], [0.871, 1, 0.829], [0.802, 0.829, 1]]),
        curves={name: _folds(rng, n_folds) for name in MEMBERS[:2]},
        mlm_curves={
            f"{stage} {name}": _mlm(rng) for stage in ("pretrain", "post-train") for name in ("tiny-bert", "tiny-nezha")
        },
        alignment={name: _alignment(rng) for name in ("tiny-bert", "tiny-nezha")},
        data={
            "token_lengths": [
                {
                    "member": "bert-ce",
                    "split": "train",
                    "max_length": 128,
                    "mean": 40.5,
                    "q100": 300,
                    "cut_share": 0.025,
                }
            ],
            "cleaning": {
                "rows": 40,
                "changed_rows": 2,
                "emptied_rows": 1,
                "steps": [{"step": "strip_whitespace", "changed_rows": 2}],
                "most_changed": [
                    {
                        "place": "train.csv:7",
                        "rows": 2,
                        "before": "'<b>\\u200b'",
                        "after": "'<b>'",
                        "steps": ["strip_whitespace"],
                    }
                ],
            },
            "train_rows": int(counts.sum()),
            "test_rows": int(test_counts.sum()),
            "corpus_texts": 11204,
            "classes": n_classes,
            "repeated_train_rows": 37,
            "conflicting_texts": 4,
            "test_rows_also_in_train": 2,
            "bad_rows": {
                "train": {"missing_label": 0, "illegal_label": 12, "missing_text": 3},
                "test": {"missing_text": 1},
            },
            "vocabulary": [
                {"unit": unit, "train_tokens": 100_000 * k, "train_distinct": 8000 // k, "unseen_token_share": 0.0123}
                for k, unit in enumerate(("tokens", "characters"), start=1)
            ],
            "vocabulary_growth": [
                {"unit": unit, "texts": 100 * k, "tokens_read": 5000 * k, "distinct": int(1800 * k**0.5)}
                for unit in ("tokens", "characters")
                for k in range(1, 21)
            ],
            "label_histogram": [{"label": label, "rows": int(n)} for label, n in zip(labels, counts, strict=True)],
            "lengths": [
                {"split": split, "unit": "tokens", "mean": 46.2, "q50": 35, "q90": 112, "q99": 301}
                for split in ("train", "test", "corpus")
            ],
            "conflicts": [{"row_ids": ["17", "402"], "labels": {labels[0]: 1, labels[1]: 1}}],
            "warnings": ["2 test rows have a text that is also in the training rows"],
        },
        warnings=[
            "sympy-solvers has 16 rows for 5 folds: its F1 is a rough figure.",
            "nezha-dice was selected on its own fold (early_stop: {on: fold}).",
        ],
        submission={
            "rows": int(test_counts.sum()),
            "path": "reports/submission.csv",
            "sha256": "9f2c7d10" * 8,
            "label_histogram": [(label, int(n)) for label, n in zip(labels, test_counts, strict=True)],
        },
        manifest={f"models/oof_logits/{name}": "4be1a3f09d2c" for name in MEMBERS},
        label_groups=[label.split("-")[0] for label in labels],
    )


@pytest.fixture(scope="session")
def make_contents() -> Callable[..., Contents]:
    return synthetic_contents


@pytest.fixture(scope="session")
def contents() -> Contents:
    return synthetic_contents()


def _candidates(rng: np.random.Generator, n_folds: int) -> list[Candidate]:
    level = dict(zip(MEMBERS + FUSIONS, (0.661, 0.690, 0.672, 0.703, 0.709, 0.712, 0.706, 0.699), strict=True))
    candidates = []
    for name, nested in level.items():
        difficulty = rng.normal(0, 0.012, n_folds)
        for gain, flattery, weights in zip((0, 0.004, 0.009), (0.0008, 0.013, 0.021), METHODS, strict=True):
            score = nested + gain + rng.normal(0, 0.001)
            candidates.append(
                Candidate(
                    name=name,
                    kind="member" if name in MEMBERS else "fusion",
                    weights=weights,
                    oof=score + flattery,
                    nested=score,
                    interval=(score - 0.012, score + 0.011),
                    fold_scores=(score - 0.004 + difficulty + rng.normal(0, 0.004, n_folds)).tolist(),
                    hidden=score + rng.normal(-0.002, 0.006),
                    chosen=(name, weights) == ("vote-rank", "coordinate"),
                    note="selected on its own fold" if name == "nezha-dice" else "",
                    tuned=weights != METHODS[0],
                )
            )
    return sorted(candidates, key=lambda candidate: -candidate.nested)


def _confusion(rng: np.random.Generator, counts: np.ndarray, recall: np.ndarray) -> np.ndarray:
    n_classes = len(counts)
    place = np.arange(n_classes)
    affinity = np.exp(-np.abs(place[:, None] - place) / 3) * rng.gamma(0.4, 1, (n_classes, n_classes)) * counts
    np.fill_diagonal(affinity, 0)
    probs = (1 - recall)[:, None] * affinity / affinity.sum(axis=1, keepdims=True) + np.diag(recall)
    return np.stack([rng.multinomial(n, p) for n, p in zip(counts, probs, strict=True)]).astype(np.int64)


def _folds(rng: np.random.Generator, n_folds: int) -> dict[str, Curve]:
    steps = list(range(10, 801, 10))
    curves = {}
    for fold in range(n_folds):
        pace = 160 + rng.normal(0, 15)
        loss = 3.4 * np.exp(-np.array(steps) / pace) + 0.22 + rng.normal(0, 0.05, len(steps))
        score = 0.68 + rng.normal(0, 0.012) - 0.66 * np.exp(-np.array(steps) / (pace * 1.1))
        score[np.array(steps) % 80 != 0] = np.nan
        curves[f"fold-{fold}"] = Curve(steps, loss.tolist(), score.tolist())
    return curves


def _mlm(rng: np.random.Generator) -> Curve:
    steps = np.arange(20, 2001, 20)
    loss = 3.1 + 5 * np.exp(-steps / 500) + rng.normal(0, 0.08, len(steps))
    heldout = np.where(steps % 200 == 0, 3.3 + 4.9 * np.exp(-steps / 520), np.nan)
    return Curve(steps.tolist(), loss.tolist(), held_out_loss=heldout.tolist())


def _alignment(rng: np.random.Generator) -> dict[str, object]:
    words = ["the", "of", "array", "return", "matrix", "a", "is", "function", "given", "axis"]
    examples = [
        {"token": str(n), "count": 9000 // (i + 1), "rank": i, "mapped_to": word, "mapped_rank": i}
        for i, (n, word) in enumerate(zip(rng.integers(100, 9999, 10).tolist(), words, strict=True))
    ]
    return {
        "method": "frequency",
        "n_tokens": 8213,
        "n_pinned": 12,
        "coverage": 0.9412,
        "unmapped_mass": 0.0123,
        "oov_mass": 0.0465,
        "right_of_matchable": 0.2141,
        "mapping_sha256": "27ab0e15" * 8,
        "examples": examples,
    }
