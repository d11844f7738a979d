"""A multi-layer perceptron on features that are not trained: mean hidden states of an encoder, or document vectors.

The features are computed once for all folds; a fold then takes seconds on a CPU.
"""

import shutil
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import issparse
from scipy.special import log_softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from pipeline import registry
from pipeline.data.labels import LabelSet
from pipeline.errors import UserError
from pipeline.members.fold import Fold
from pipeline.members.labelled_rows import LabelledRows
from pipeline.metrics import macro_f1
from pipeline.runtime.executors.executor import Resources
from pipeline.vectors.features import Features, is_vectors, load_transform

WEIGHTS = "mlp.npz"
Layers = list[tuple[NDArray[np.float32], NDArray[np.float32]]]  # matrix [in, out] and bias [out] of each, in order


def set_up(recipe: dict[str, Any]) -> None:
    """Fix the threads of matrix products: another number of them changes the last bits."""
    threadpool_limits(limits=recipe["threads"])


def resources(recipe: dict[str, Any]) -> Resources:
    """The recipe's threads; only the features of an encoder are computed on a GPU, where there is one."""
    return Resources(recipe["threads"], gpu=False)


def featurize(source: Path, texts: Sequence[str], recipe: dict[str, Any]) -> Features:
    """The texts' features, [N, F]."""
    return load_reader(source, recipe)(texts)


def load_reader(source: Path, recipe: dict[str, Any]) -> Callable[[Sequence[str]], Features]:
    """What `featurize` does, loaded once for many calls."""
    if is_vectors(source):
        return load_transform(source)
    from pipeline.inference.features import mean_hidden_states
    from pipeline.models.build import load_encoder, read_config
    from pipeline.models.positions import check_max_length
    from pipeline.runtime.devices import usable_devices
    from pipeline.runtime.torch_setup import prediction_precision, set_up_torch

    set_up_torch(recipe["threads"], recipe["seed"])
    device = usable_devices(gpu=True)[0]
    encoder = load_encoder(read_config(source), source, 0.0).to(device)
    check_max_length(encoder, recipe["max_length"], str(source))
    read = registry.load("readers", "tokens")(source, recipe["max_length"])
    precision = prediction_precision(device, recipe["precision"])
    return lambda texts: mean_hidden_states(encoder, read(texts), device, precision)


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
    """Fit on `train_rows` and their copies; the logits are the held-out rows' log-probabilities."""
    features, label_ids, n_classes = rows.features, rows.label_ids, len(rows.classes.names)
    fit_rows = rows.with_copies(train_rows)
    known = np.unique(label_ids[fit_rows])
    if len(known) < 2:
        raise UserError(f"{what}: an mlp needs two classes or more in training; the training rows have {len(known)}")
    layers, n_steps = _fit(features[fit_rows], label_ids[fit_rows], n_classes, recipe)
    logits = log_probabilities(layers, features[held_out_rows], known, n_classes)
    of_rows = label_ids[held_out_rows]
    score = macro_f1(of_rows, logits.argmax(axis=1), n_classes)
    loss = -float(logits[np.arange(len(of_rows)), of_rows].mean())
    history = pd.DataFrame({"step": [n_steps], "loss": [round(loss, 6)], "macro_f1": [round(score, 6)]})
    return Fold(logits, history, lambda folder: _save(layers, known, folder))


def save_shared(source: Path, folder: Path) -> None:
    """Copy the encoder, or the vectors: the features of new texts need all of it."""
    folder.mkdir(parents=True)
    for file in sorted(source.iterdir()):
        if file.is_file():  # and not the checkpoints inside an encoder's folder
            shutil.copyfile(file, folder / file.name)


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
        known, n_layers = file["known"], (len(file.files) - 1) // 2
        layers = [(file[f"matrix_{i}"], file[f"bias_{i}"]) for i in range(n_layers)]
    return lambda features: log_probabilities(layers, features, known, len(classes.names))


def log_probabilities(
    layers: Layers, features: Features, known: NDArray[np.integer], n_classes: int
) -> NDArray[np.float32]:
    """The log-probabilities [n, C] of features [n, F]; a class without a training row is less likely than all others.

    `known` are the classes that the last layer gives. Between layers stands a rectifier.
    """
    states: Any = features
    for index, (matrix, bias) in enumerate(layers):
        states = (np.maximum(states, 0) if index else states) @ matrix + bias
    of_known = log_softmax(states.astype(np.float64), axis=1)
    logits = np.tile(of_known.min(axis=1, keepdims=True) - 1, (1, n_classes))
    logits[:, known] = of_known
    return logits.astype(np.float32)


def _fit(features: Features, labels: NDArray[np.integer], n_classes: int, recipe: dict[str, Any]) -> tuple[Layers, int]:
    """The trained layers and the number of updates; what scales the features is folded into the first layer."""
    weights = registry.make("imbalance", recipe["class_weights"], np.bincount(labels, minlength=n_classes))
    shift, spread = _scale_of(features)
    model = MLPClassifier(
        recipe["hidden"],
        alpha=recipe["weight_decay"],
        batch_size=min(recipe["batch_size"], len(labels)),
        learning_rate_init=recipe["learning_rate"],
        max_iter=recipe["epochs"],
        n_iter_no_change=recipe["epochs"],  # a fixed length: what stops it would be the loss of training
        random_state=recipe["seed"],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        scaled = features if issparse(features) else (features - shift) / spread
        model.fit(scaled, labels, sample_weight=np.asarray(weights, dtype=np.float64)[labels])
    matrices, biases = list(model.coefs_), list(model.intercepts_)
    matrices[0] = matrices[0] / spread[:, None]
    biases[0] = biases[0] - shift @ matrices[0]
    if len(model.classes_) == 2:  # scikit-learn keeps the one logit between them
        matrices[-1] = np.hstack([np.zeros_like(matrices[-1]), matrices[-1]])
        biases[-1] = np.r_[0.0, biases[-1]]
    n_updates = model.n_iter_ * -(-len(labels) // model.batch_size)
    return [(m.astype(np.float32), b.astype(np.float32)) for m, b in zip(matrices, biases, strict=True)], n_updates


def _scale_of(features: Features) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of each feature, [F]; sparse ones stay as they are."""
    if issparse(features):
        return np.zeros(features.shape[1]), np.ones(features.shape[1])
    spread = features.std(axis=0, dtype=np.float64)
    return features.mean(axis=0, dtype=np.float64), np.where(spread > 0, spread, 1.0)


def _save(layers: Layers, known: NDArray[np.integer], folder: Path) -> None:
    arrays = {f"matrix_{i}": matrix for i, (matrix, _) in enumerate(layers)}
    arrays |= {f"bias_{i}": bias for i, (_, bias) in enumerate(layers)}
    np.savez(folder / WEIGHTS, known=known, **arrays)  # type: ignore[arg-type]
