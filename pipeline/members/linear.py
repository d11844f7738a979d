"""A linear classifier on TF-IDF features or mean word vectors: cheap, strong, and different from every transformer."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, issparse
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

from pipeline.data.labels import LabelSet
from pipeline.errors import UserError
from pipeline.members.fold import Fold
from pipeline.members.inner_split import inner_split
from pipeline.members.labelled_rows import LabelledRows
from pipeline.metrics import macro_f1
from pipeline.runtime.executors.executor import Resources
from pipeline.vectors.features import Features, load_transform

WEIGHTS = "linear.npz"
SHARE_FOR_SCALE = 0.2


def set_up(recipe: dict[str, Any]) -> None:
    """Fix one thread for matrix products: another number changes the last bits. Seeds are arguments of the models."""
    threadpool_limits(limits=1, user_api="blas")


def resources(recipe: dict[str, Any]) -> Resources:
    """One thread."""
    return Resources(1, gpu=False)


def featurize(source: Path, texts: Sequence[str], recipe: dict[str, Any]) -> Features:
    """The texts' rows of features, [N, F]."""
    return load_reader(source, recipe)(texts)


def load_reader(source: Path, recipe: dict[str, Any]) -> Callable[[Sequence[str]], Features]:
    """What `featurize` does, loaded once for many calls."""
    return load_transform(source)


def train_fold(
    source: Path,
    rows: LabelledRows[Features],
    train_rows: NDArray[np.integer],
    held_out_rows: NDArray[np.integer],
    recipe: dict[str, Any],
    device: str,
    what: str,
    state_file: Path | None = None,
) -> Fold:
    """Fit on `train_rows` and their copies; the logits are the held-out rows' decision values times one fitted scale.

    An SVM's margins are no log-probabilities. The scale that makes them the best log-probabilities (temperature
    scaling, Guo et al. 2017) is found on a part of the training rows, with a model that has not seen that part.
    """
    features, label_ids, n_classes = rows.features, rows.label_ids, len(rows.classes.names)
    fit_rows, scale_rows = inner_split(label_ids, train_rows, SHARE_FOR_SCALE, recipe["seed"])
    fit_rows, train_rows = (rows.with_copies(some) for some in (fit_rows, train_rows))
    probe = _fit(features[fit_rows], label_ids[fit_rows], n_classes, recipe)
    scale = fit_scale(_decide(probe, features[scale_rows]), label_ids[scale_rows])
    coefficients, intercept = _fit(features[train_rows], label_ids[train_rows], n_classes, recipe)
    weights = coefficients * scale, intercept * scale
    logits = _decide(weights, features[held_out_rows])
    score = macro_f1(label_ids[held_out_rows], logits.argmax(axis=1), n_classes)
    loss = negative_log_likelihood(logits, label_ids[held_out_rows])
    history = pd.DataFrame({"step": [1], "loss": [round(loss, 6)], "macro_f1": [round(score, 6)]})
    return Fold(logits, history, lambda folder: _save_weights(weights, folder))


def save_shared(source: Path, folder: Path) -> None:
    """Copy the vectors."""
    shutil.copytree(source, folder)


def predict(
    shared: Path, fold_folder: Path, features: Features, classes: LabelSet, recipe: dict[str, Any], device: str
) -> NDArray[np.float32]:
    """The logits [N, C] of a finished fold."""
    return load_fold(shared, fold_folder, classes, recipe, device)(features)


def load_fold(
    shared: Path, fold_folder: Path, classes: LabelSet, recipe: dict[str, Any], device: str
) -> Callable[[Features], NDArray[np.float32]]:
    """What `predict` does, loaded once for many calls."""
    with np.load(fold_folder / WEIGHTS, allow_pickle=False) as file:
        weights = file["coefficients"], file["intercept"]
    return lambda features: _decide(weights, features)


def fit_scale(decisions: NDArray[np.floating], label_ids: NDArray[np.integer]) -> float:
    """The factor > 0 that gives decisions [N, C] the smallest negative log-likelihood of the labels [N].

    Between 0.018 and 403; 1 where there is no row to fit it on.
    """
    if not len(label_ids):
        return 1.0
    found = minimize_scalar(
        lambda log_scale: negative_log_likelihood(decisions * np.exp(log_scale), label_ids),
        bounds=(-4.0, 6.0),
        method="bounded",
    )
    return float(np.exp(found.x))


def log_count_ratios(
    features: csr_matrix, labels: NDArray[np.integer], known: NDArray[np.integer]
) -> NDArray[np.float64]:
    """How much more often a feature stands in a class's rows than in the others': → [F, len(known)].

    ln((p / |p|) / (q / |q|)), where p is 1 + the class's rows with the feature and q 1 + the other rows with it (Wang
    and Manning 2012, "Baselines and bigrams"). A feature that no row has gets the ratio of the two norms alone.
    """
    is_there = csr_matrix((np.ones_like(features.data), features.indices, features.indptr), features.shape)
    is_there.data[features.data == 0] = 0
    of_class = (labels[:, None] == known).astype(np.float64)  # [n, known]
    inside = 1 + is_there.T @ of_class  # [F, known]
    outside = 1 + is_there.T @ (1 - of_class)
    ratios: NDArray[np.float64] = np.log(inside / inside.sum(axis=0)) - np.log(outside / outside.sum(axis=0))
    return ratios


def negative_log_likelihood(logits: NDArray[np.floating], label_ids: NDArray[np.integer]) -> float:
    """The mean of −log softmax(logits)[label] over the rows."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    log_norm = np.log(np.exp(shifted).sum(axis=1))
    return float((log_norm - shifted[np.arange(len(label_ids)), label_ids]).mean())


def _fit(
    features: Features, labels: NDArray[np.integer], n_classes: int, recipe: dict[str, Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients [F, C] and intercept [C]; a class without a row gets the lowest intercept of all."""
    known = np.unique(labels)
    fit = _fit_together if recipe["weighting"] == "none" else _fit_one_vs_rest
    coefficients, intercept = fit(features, labels, known, recipe)
    full = np.zeros((features.shape[1], n_classes))
    full[:, known] = coefficients
    full_intercept = np.full(n_classes, intercept.min() - 1.0)
    full_intercept[known] = intercept
    return full, full_intercept


def _fit_together(
    features: Features, labels: NDArray[np.integer], known: NDArray[np.integer], recipe: dict[str, Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """All classes by one model of scikit-learn's: → coefficients [F, known], intercept [known]."""
    model = _classifier(recipe, None if recipe["class_weights"] == "none" else "balanced")
    model.fit(features, labels)
    if len(known) == 2:  # scikit-learn keeps one row for two classes
        return np.vstack([-model.coef_, model.coef_]).T, np.r_[-model.intercept_, model.intercept_]
    return model.coef_.T, model.intercept_


def _fit_one_vs_rest(
    features: Any, labels: NDArray[np.integer], known: NDArray[np.integer], recipe: dict[str, Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each class against the rest on features times its log-count ratios: → coefficients [F, known], intercept [known].

    The coefficients are those of the features as they were: the ratios are multiplied in.
    """
    if not issparse(features):
        raise UserError("weighting: naive_bayes counts words and needs features by tfidf; set it to none")
    ratios = log_count_ratios(features, labels, known)
    coefficients, intercept = np.empty((features.shape[1], len(known))), np.empty(len(known))
    for column, label in enumerate(known):
        own = labels == label
        weight = 1.0 if recipe["class_weights"] == "none" else len(labels) / (len(known) * own.sum())
        model = _classifier(recipe, {False: 1.0, True: weight})  # as liblinear weighs a class and its rest
        values = features.data * ratios[features.indices, column]
        scaled = csr_matrix((values, features.indices, features.indptr), features.shape)
        model.fit(scaled, own)
        coefficients[:, column] = model.coef_[0] * ratios[:, column]
        intercept[column] = model.intercept_[0]
    return coefficients, intercept


def _classifier(recipe: dict[str, Any], class_weight: str | dict[bool, float] | None) -> LinearSVC | LogisticRegression:
    if recipe["classifier"] == "svm":
        return LinearSVC(C=recipe["C"], class_weight=class_weight, random_state=recipe["seed"])
    return LogisticRegression(C=recipe["C"], class_weight=class_weight, max_iter=1000)


def _save_weights(weights: tuple[NDArray[np.float64], NDArray[np.float64]], folder: Path) -> None:
    np.savez(folder / WEIGHTS, coefficients=weights[0], intercept=weights[1])


def _decide(weights: tuple[NDArray[np.float64], NDArray[np.float64]], features: Features) -> NDArray[np.float32]:
    decisions: NDArray[np.float32] = (features @ weights[0] + weights[1]).astype(np.float32)
    return decisions
