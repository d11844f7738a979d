"""A linear classifier on TF-IDF features or mean word vectors: cheap, strong, and different from every transformer."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, issparse
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

from pipeline.data.labels import LabelSet
from pipeline.errors import UserError
from pipeline.members.kind import Run, TrainedFold, evaluated_once
from pipeline.members.rows import TrainingRows, as_labelled
from pipeline.metrics import negative_log_likelihood
from pipeline.runtime.executors.executor import Resources
from pipeline.vectors.features import Features, load_transform

if TYPE_CHECKING:
    from pipeline.members.linear.recipe import Recipe

WEIGHTS = "linear.npz"
SHARE_FOR_SCALE = 0.2


@dataclass(frozen=True, eq=False)
class LinearModel:
    """A linear model of features: coefficients [F, C] and intercept [C]."""

    coefficients: NDArray[np.float64]
    intercept: NDArray[np.float64]

    def logits(self, features: Features, rows: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return the decision values [n, C] of the rows [n] of features [N, F]."""
        decisions: NDArray[np.float32] = (features[rows] @ self.coefficients + self.intercept).astype(np.float32)
        return decisions

    def times(self, factor: float) -> "LinearModel":
        """Return the model whose decision values are those of this model times `factor`."""
        return LinearModel(self.coefficients * factor, self.intercept * factor)

    def save(self, folder: Path) -> None:
        """Write the coefficients and the intercept into the folder."""
        np.savez(folder / WEIGHTS, coefficients=self.coefficients, intercept=self.intercept)


class Linear:
    """The kind of member that is a linear classifier."""

    def set_up(self, recipe: "Recipe") -> None:
        """Fix one thread for matrix products: another number of threads changes the last bits."""
        threadpool_limits(limits=1, user_api="blas")

    def resources(self, recipe: "Recipe") -> Resources:
        """Return the resources of a fold: one thread, no GPU."""
        return Resources(1, gpu=False)

    def reader(self, source: Path, recipe: "Recipe") -> Callable[[Sequence[str]], Features]:
        """Return a function that makes the features [N, F] of N texts."""
        return load_transform(source)

    def fit(self, rows: TrainingRows[Features], fold: int, recipe: "Recipe", run: Run) -> TrainedFold:
        """Fit one linear model; its logits are its decision values times one fitted scale.

        An SVM's margins are no log-probabilities. The scale that makes the margins the best log-probabilities
        (temperature scaling, Guo et al. 2017) is found on a part of the training rows, with a model that has not seen
        that part.
        """
        features, train_rows, held_out = rows.features, rows.train_rows(fold), rows.held_out_rows(fold)
        fit_rows, scale_rows = rows.split(train_rows, SHARE_FOR_SCALE, recipe.seed)
        probe = _fit(rows, rows.with_copies(fit_rows), recipe)
        scale = fit_scale(probe.logits(features, scale_rows), rows.label_ids[scale_rows])
        model = _fit(rows, rows.with_copies(train_rows), recipe).times(scale)
        return TrainedFold(model, evaluated_once(1, model.logits(features, held_out), rows.label_ids[held_out]))

    def save_shared(self, source: Path, folder: Path) -> None:
        """Copy the files of the vectors that the features are made with."""
        shutil.copytree(source, folder)

    def load(self, shared: Path, folder: Path, classes: LabelSet, recipe: "Recipe", device: str) -> LinearModel:
        """Read a fold's coefficients and intercept."""
        with np.load(folder / WEIGHTS, allow_pickle=False) as file:
            return LinearModel(file["coefficients"], file["intercept"])


def fit_scale(decisions: NDArray[np.floating], label_ids: NDArray[np.integer]) -> float:
    """Fit the factor > 0 that gives decisions [N, C] the smallest negative log-likelihood of the labels [N].

    The factor lies between 0.018 and 403; it is 1 where there is no row to fit it on.
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
    features: csr_matrix, labels: NDArray[np.integer], known: NDArray[np.integer], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Compute how much more often a feature stands in a class's rows than in the other rows: → [F, len(known)].

    ln((p / |p|) / (q / |q|)), where p is 1 + the class's rows with the feature and q 1 + the other rows with the
    feature, each counted with its weight (Wang and Manning 2012, "Baselines and bigrams"). A feature that no row has
    gets the ratio of the two norms alone.
    """
    is_there = csr_matrix((np.ones_like(features.data), features.indices, features.indptr), features.shape)
    is_there.data[features.data == 0] = 0
    of_class = labels[:, None] == known  # [n, known]
    inside = 1 + is_there.T @ np.where(of_class, weights[:, None], 0.0)  # [F, known]
    outside = 1 + is_there.T @ np.where(of_class, 0.0, weights[:, None])
    ratios: NDArray[np.float64] = np.log(inside / inside.sum(axis=0)) - np.log(outside / outside.sum(axis=0))
    return ratios


def _fit(rows: TrainingRows[Features], train_rows: NDArray[np.integer], recipe: "Recipe") -> LinearModel:
    """Fit a model to the training rows.

    A class without a training row gets the lowest intercept of all; where all rows are of one class nothing is learnt.
    """
    examples, labels, weights = as_labelled(rows, train_rows)
    features, known = rows.features[examples], np.unique(labels)
    n_features, n_classes = features.shape[1], len(rows.classes.names)
    coefficients, intercept = np.zeros((n_features, len(known))), np.zeros(len(known))
    if len(known) > 1:
        fit = _fit_together if recipe.weighting == "none" else _fit_one_vs_rest
        coefficients, intercept = fit(features, labels, weights, known, recipe)
    full = np.zeros((n_features, n_classes))
    full[:, known] = coefficients
    full_intercept = np.full(n_classes, intercept.min() - 1.0)
    full_intercept[known] = intercept
    return LinearModel(full, full_intercept)


def _fit_together(
    features: Features,
    labels: NDArray[np.integer],
    weights: NDArray[np.float64],
    known: NDArray[np.integer],
    recipe: "Recipe",
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit all classes by one model of scikit-learn's: → coefficients [F, known], intercept [known]."""
    model = _classifier(recipe, None if recipe.class_weights == "none" else "balanced")
    model.fit(features, labels, sample_weight=weights)
    if len(known) == 2:  # scikit-learn keeps one row for two classes
        return np.vstack([-model.coef_, model.coef_]).T, np.r_[-model.intercept_, model.intercept_]
    return model.coef_.T, model.intercept_


def _fit_one_vs_rest(
    features: Any,
    labels: NDArray[np.integer],
    weights: NDArray[np.float64],
    known: NDArray[np.integer],
    recipe: "Recipe",
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit each class against the rest, features times log-count ratios: → coefficients [F, known], intercept [known].

    The coefficients are those of the features as they were: the ratios are multiplied in.
    """
    if not issparse(features):
        raise UserError("weighting: naive_bayes counts words and needs features by tfidf; set it to none")
    ratios = log_count_ratios(features, labels, known, weights)
    coefficients, intercept = np.empty((features.shape[1], len(known))), np.empty(len(known))
    for column, label in enumerate(known):
        own = labels == label
        factor = 1.0 if recipe.class_weights == "none" else weights.sum() / (len(known) * weights[own].sum())
        model = _classifier(recipe, {False: 1.0, True: factor})  # as liblinear weighs a class and its rest
        values = features.data * ratios[features.indices, column]
        scaled = csr_matrix((values, features.indices, features.indptr), features.shape)
        model.fit(scaled, own, sample_weight=weights)
        coefficients[:, column] = model.coef_[0] * ratios[:, column]
        intercept[column] = model.intercept_[0]
    return coefficients, intercept


def _classifier(recipe: "Recipe", class_weight: str | dict[bool, float] | None) -> LinearSVC | LogisticRegression:
    if recipe.classifier == "svm":
        return LinearSVC(C=recipe.C, class_weight=class_weight, random_state=recipe.seed)
    return LogisticRegression(C=recipe.C, class_weight=class_weight, max_iter=1000)
