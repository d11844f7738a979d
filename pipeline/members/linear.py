"""A linear classifier on TF-IDF features or mean word vectors: cheap, strong, and different from every transformer."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from pipeline.data.labels import LabelSet
from pipeline.members.copies import with_copies
from pipeline.members.fold import Fold
from pipeline.members.inner_split import inner_split
from pipeline.metrics import macro_f1
from pipeline.vectors.features import transform

Features: TypeAlias = csr_matrix | NDArray[np.float32]

WEIGHTS = "linear.npz"
SHARE_FOR_SCALE = 0.2


def set_up(recipe: dict[str, Any]) -> None:
    """Nothing: scikit-learn's linear models take their seed as an argument and run on one thread."""


def devices(recipe: dict[str, Any]) -> list[str]:
    """The CPU."""
    return ["cpu"]


def featurize(source: Path, texts: Sequence[str], recipe: dict[str, Any]) -> Features:
    """The texts' rows of features, [N, F]."""
    return transform(source, texts)


def train_fold(
    source: Path,
    features: Features,
    label_ids: NDArray[np.integer],
    train_rows: NDArray[np.integer],
    held_out_rows: NDArray[np.integer],
    classes: LabelSet,
    recipe: dict[str, Any],
    device: str,
    what: str,
    copy_of: NDArray[np.integer] | Sequence[int] = (),
    state_file: Path | None = None,
) -> Fold:
    """Fit on `train_rows` and their copies; the logits are the held-out rows' decision values times one fitted scale.

    An SVM's margins are no log-probabilities. The scale that makes them the best log-probabilities (temperature
    scaling, Guo et al. 2017) is found on a part of the training rows, with a model that has not seen that part.
    """
    n_classes = len(classes.names)
    fit_rows, scale_rows = inner_split(label_ids, train_rows, SHARE_FOR_SCALE, recipe["seed"])
    fit_rows, train_rows = (with_copies(rows, copy_of, len(label_ids)) for rows in (fit_rows, train_rows))
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
    with np.load(fold_folder / WEIGHTS, allow_pickle=False) as file:
        return _decide((file["coefficients"], file["intercept"]), features)


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


def negative_log_likelihood(logits: NDArray[np.floating], label_ids: NDArray[np.integer]) -> float:
    """The mean of −log softmax(logits)[label] over the rows."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    log_norm = np.log(np.exp(shifted).sum(axis=1))
    return float((log_norm - shifted[np.arange(len(label_ids)), label_ids]).mean())


def _fit(
    features: Features, labels: NDArray[np.integer], n_classes: int, recipe: dict[str, Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients [F, C] and intercept [C]; a class without a row gets the lowest intercept of all."""
    class_weight = None if recipe["class_weights"] == "none" else "balanced"
    if recipe["classifier"] == "svm":
        model = LinearSVC(C=recipe["C"], class_weight=class_weight, random_state=recipe["seed"])
    else:
        model = LogisticRegression(C=recipe["C"], class_weight=class_weight, max_iter=1000)
    model.fit(features, labels)
    coefficients, intercept = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn keeps one row for two classes
        coefficients, intercept = np.vstack([-coefficients, coefficients]), np.r_[-intercept, intercept]
    full = np.zeros((features.shape[1], n_classes))
    full[:, model.classes_] = coefficients.T
    full_intercept = np.full(n_classes, intercept.min() - 1.0)
    full_intercept[model.classes_] = intercept
    return full, full_intercept


def _save_weights(weights: tuple[NDArray[np.float64], NDArray[np.float64]], folder: Path) -> None:
    np.savez(folder / WEIGHTS, coefficients=weights[0], intercept=weights[1])


def _decide(weights: tuple[NDArray[np.float64], NDArray[np.float64]], features: Features) -> NDArray[np.float32]:
    decisions: NDArray[np.float32] = (features @ weights[0] + weights[1]).astype(np.float32)
    return decisions
