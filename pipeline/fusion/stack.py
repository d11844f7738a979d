"""Stacking: a classifier whose features are the members' log-probabilities of a row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from pipeline.errors import UserError
from pipeline.fusion.blocks import check_probs, read_blocks
from pipeline.fusion.nested import check_rows
from pipeline.fusion.rule import Tuning
from pipeline.metrics.arrays import FloatArray, IntArray

FLOOR = 1e-6  # a probability below counts as this, so that its logarithm is no outlier
MODELS = ("logistic", "lightgbm")
TOLERANCE = 1e-3  # of the logistic regression; with scikit-learn's default, 1e-4, it takes several times as long


class Stacked(NamedTuple):
    """The probabilities of a stacked classifier. N training rows, n test rows, C classes."""

    oof: FloatArray  # [N, C], each row by a classifier that was fitted without its fold
    test: FloatArray  # [n, C], by a classifier that was fitted on all training rows


def stack(
    oof: FloatArray, y: IntArray, folds: IntArray, test: FloatArray, model: str = "logistic", **settings: Any
) -> Stacked:
    """Fit `model` on the members' log-probabilities `oof` [M, N, C] with labels `y` [N], and apply it to `test`.

    Each row is scored by a classifier that was fitted without the row's fold (`folds` [N], 0 .. K-1), so that the OOF
    probabilities are as honest as the members' own (Wolpert 1992, "Stacked generalization"). `model`: logistic
    (scikit-learn's logistic regression) or lightgbm (boosted trees; the library is installed apart). `settings` are
    the arguments of `Stack`. Raises ValueError for wrong shapes or rows that are not probabilities, UserError where
    lightgbm is not installed.
    """
    oof, test = check_probs(oof, distributions=True), check_probs(test, distributions=True)
    rule = Stack(model=model, **settings)
    if test.shape[::2] != oof.shape[::2]:
        raise ValueError(f"oof has shape {oof.shape} and test {test.shape}; members or classes differ")
    y, folds, n_folds = check_rows(oof, y, folds)
    probs = np.empty(oof.shape[1:])
    for fold in range(n_folds):
        inside = folds == fold
        probs[inside] = rule.apply(oof[:, inside], rule.fit_on(oof, y, np.flatnonzero(~inside)))
    return Stacked(probs, rule.apply(test, rule.fit(oof, y, folds)))


@dataclass(frozen=True, kw_only=True)
class Stack:
    """The rule `stack` of params: a classifier on the members' log-probabilities.

    Args:
        model: logistic | lightgbm.
        C: inverse strength of the logistic regression's regularisation, on scaled features.
        trees: boosting rounds of lightgbm, each with a tree for every class.
        leaves: leaves of a tree.
        learning_rate: learning rate of boosting.
        max_rows: rows to fit on, at most: of more rows, evenly spaced ones are taken.
        seed: seed of lightgbm.
    """

    model: str = "logistic"
    C: float = 0.03
    trees: int = 60
    leaves: int = 7
    learning_rate: float = 0.1
    max_rows: int = 30_000
    seed: int = 0
    tuning: Tuning = "model"

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise ValueError(f"model is {self.model!r}; one of {', '.join(MODELS)} is allowed")

    def fit(self, oof_probs: FloatArray, y: IntArray, fold_ids: IntArray) -> Any:
        """Fit the classifier on all rows of oof_probs [M, N, C] and labels [N]."""
        return self.fit_on(oof_probs, y, np.arange(len(y)))

    def fit_on(self, oof_probs: FloatArray, y: IntArray, rows: IntArray) -> Any:
        """Fit the classifier on some rows, of which no more than `max_rows` are copied."""
        taken = rows[np.linspace(0, len(rows) - 1, min(len(rows), self.max_rows)).round().astype(np.int64)]
        features = _features(oof_probs[:, taken])
        if len(np.unique(y[taken])) < 2:
            return int(y[taken][0])
        return self._classifier().fit(features, y[taken])

    def apply(self, probs: FloatArray, state: Any) -> FloatArray:
        """Return the classifier's probabilities [n, C]; 0 for a class that it never saw."""
        scores = np.zeros(probs.shape[1:])
        if isinstance(state, int):
            scores[:, state] = 1
            return scores
        for block in read_blocks(probs):
            scores[block.rows.start : block.rows.stop, state.classes_] = state.predict_proba(_features(block.members))
        return scores

    def describe(self, state: Any, names: Sequence[str]) -> None:
        """Return None: thousands of coefficients are nothing for a report."""

    def dump(self, state: Any) -> dict[str, Any]:
        """Return the classes, and the regression's arrays or, of trees, LightGBM's own text as bytes."""
        if isinstance(state, int):
            return {"only_class": state}
        if self.model == "lightgbm":
            text = state.booster_.model_to_string()
            return {"classes": state.classes_, "trees": np.frombuffer(text.encode(), dtype=np.uint8)}
        scaler, regression = state[0], state[1]
        return {
            "classes": regression.classes_,
            "mean": scaler.mean_,
            "scale": scaler.scale_,
            "coefficients": regression.coef_,
            "intercept": regression.intercept_,
        }

    def load(self, dumped: Mapping[str, Any]) -> Any:
        """Rebuild the dumped classifier. Raises UserError for trees where lightgbm is not installed."""
        if "only_class" in dumped:
            return dumped["only_class"]
        if self.model == "lightgbm":
            booster = _import_lightgbm().Booster(model_str=dumped["trees"].tobytes().decode())
            return _Trees(booster, dumped["classes"])
        classifier = self._classifier()
        scaler, regression = classifier[0], classifier[1]
        scaler.mean_, scaler.scale_ = dumped["mean"], dumped["scale"]
        regression.coef_, regression.intercept_ = dumped["coefficients"], dumped["intercept"]
        regression.classes_ = dumped["classes"]
        return classifier

    def n_fitted(self, n_members: int, n_classes: int) -> int:
        """Return the number of coefficients, one for each class of each member, for each class; of trees, of leaves."""
        per_class = n_members * n_classes + 1 if self.model == "logistic" else self.trees * self.leaves
        return per_class * n_classes

    def _classifier(self) -> Any:
        if self.model == "logistic":
            from sklearn.linear_model import LogisticRegression
            from sklearn.pipeline import make_pipeline
            from sklearn.preprocessing import StandardScaler

            # Scaled, because members' log-probabilities differ in spread: C then means the same for each of them.
            return make_pipeline(StandardScaler(), LogisticRegression(C=self.C, tol=TOLERANCE, max_iter=1000))
        return _import_lightgbm().LGBMClassifier(
            n_estimators=self.trees,
            num_leaves=self.leaves,
            learning_rate=self.learning_rate,
            random_state=self.seed,
            n_jobs=1,
            deterministic=True,
            force_col_wise=True,
            verbosity=-1,
        )


@dataclass(frozen=True)
class _Trees:
    """Boosted trees that were loaded again, with the two attributes that `Stack.apply` reads."""

    booster: Any
    classes_: IntArray

    def predict_proba(self, features: FloatArray) -> FloatArray:
        """Return the probabilities [n, C]; of two classes LightGBM itself gives the second's alone."""
        found: FloatArray = self.booster.predict(features, num_threads=1)
        return found if found.ndim == 2 else np.stack([1.0 - found, found], axis=1)


def stack_rule(
    *,
    model: Literal["logistic", "lightgbm"],
    C: float,
    trees: int,
    leaves: int,
    learning_rate: float,
    max_rows: int,
    seed: int,
) -> Stack:
    """Make the rule `stack` of params. Raises UserError for settings out of range."""
    if C <= 0 or trees < 1 or leaves < 2 or learning_rate <= 0 or max_rows < 2 or seed < 0:
        raise UserError(
            f"params.yaml: fusion: stack: C is {C}, trees {trees}, leaves {leaves}, learning_rate {learning_rate}, "
            f"max_rows {max_rows}, seed {seed}; more than 0, 1 or more, 2 or more, more than 0, 2 or more, and 0 or "
            "more is allowed"
        )
    return Stack(
        model=model, C=C, trees=trees, leaves=leaves, learning_rate=learning_rate, max_rows=max_rows, seed=seed
    )


def _import_lightgbm() -> Any:
    try:
        import lightgbm
    except ImportError:
        raise UserError(
            "fusion: stack with model: lightgbm needs the library lightgbm, which is not installed. Install it "
            "(pip install lightgbm), or use model: logistic"
        ) from None
    return lightgbm


def _features(members: FloatArray) -> FloatArray:
    """Put the log-probabilities of all members [M, n, C] side by side, [n, M * C]."""
    features: FloatArray = np.concatenate(
        [np.log(np.maximum(member, FLOOR)).astype(np.float32) for member in members], axis=1
    )
    return features
