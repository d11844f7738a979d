"""A multi-layer perceptron on features that stay fixed: mean hidden states of an encoder, or document vectors.

The features are computed once in each process that trains folds; a fold then takes seconds on a CPU.
"""

import shutil
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from scipy.special import log_softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from pipeline import registry
from pipeline.data.labels import LabelSet
from pipeline.members.kind import Run, TrainedFold, evaluated_once
from pipeline.members.recipe import holds_vectors
from pipeline.members.rows import TrainingRows, as_labelled
from pipeline.runtime.executors.executor import Resources
from pipeline.vectors.features import Features, is_vectors, load_transform

if TYPE_CHECKING:
    from pipeline.members.mlp.recipe import Recipe

WEIGHTS = "mlp.npz"
Layers = list[tuple[NDArray[np.float32], NDArray[np.float32]]]  # matrix [in, out] and bias [out] of each, in order


@dataclass(frozen=True, eq=False)
class MLPModel:
    """The layers of a perceptron, the classes [known] that its last layer gives, and the number of all classes."""

    layers: Layers
    known: NDArray[np.integer]
    n_classes: int

    def logits(self, features: Features, rows: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return the log-probabilities [n, C] of the rows [n] of features [N, F]."""
        return log_probabilities(self.layers, features[rows], self.known, self.n_classes)

    def save(self, folder: Path) -> None:
        """Write the layers and the classes that they know into the folder."""
        arrays = {f"matrix_{i}": matrix for i, (matrix, _) in enumerate(self.layers)}
        arrays |= {f"bias_{i}": bias for i, (_, bias) in enumerate(self.layers)}
        np.savez(folder / WEIGHTS, known=self.known, **arrays)  # type: ignore[arg-type]


class MLP:
    """The kind of member that is a multi-layer perceptron."""

    def set_up(self, recipe: "Recipe") -> None:
        """Fix the threads of matrix products: another number of threads changes the last bits."""
        threadpool_limits(limits=recipe.threads)

    def resources(self, recipe: "Recipe") -> Resources:
        """Return the resources of a fold: the recipe's threads, and a GPU, if any, for the features of an encoder."""
        return Resources(recipe.threads, gpu=not (holds_vectors(recipe.from_) or is_vectors(Path(recipe.from_))))

    def reader(self, source: Path, recipe: "Recipe") -> Callable[[Sequence[str]], Features]:
        """Return a function that makes the features [N, F] of N texts."""
        if is_vectors(source):
            return load_transform(source)
        from pipeline.inference import mean_hidden_states
        from pipeline.models.build import load_encoder, read_config
        from pipeline.models.positions import check_max_length
        from pipeline.runtime.devices import usable_devices
        from pipeline.runtime.torch_setup import prediction_precision, set_up_torch

        set_up_torch(recipe.threads, recipe.seed)
        device = usable_devices(gpu=True)[0]
        encoder = load_encoder(read_config(source), source, 0.0).to(device)
        check_max_length(encoder, recipe.max_length, str(source))
        read = registry.load("readers", "tokens")(source, recipe.max_length)
        precision = prediction_precision(device, recipe.precision)
        return lambda texts: mean_hidden_states(encoder, read(texts), device, precision)

    def fit(self, rows: TrainingRows[Features], fold: int, recipe: "Recipe", run: Run) -> TrainedFold:
        """Train on the rows as scikit-learn does, for a fixed number of epochs."""
        held_out = rows.held_out_rows(fold)
        model, n_steps = _fit(rows, rows.with_copies(rows.train_rows(fold)), recipe)
        logits = model.logits(rows.features, held_out)
        return TrainedFold(model, evaluated_once(n_steps, logits, rows.label_ids[held_out]))

    def save_shared(self, source: Path, folder: Path) -> None:
        """Copy all of the encoder, or of the vectors: the features of new texts need it whole."""
        folder.mkdir(parents=True)
        for file in sorted(source.iterdir()):
            if file.is_file():  # and not the checkpoints inside an encoder's folder
                shutil.copyfile(file, folder / file.name)

    def load(self, shared: Path, folder: Path, classes: LabelSet, recipe: "Recipe", device: str) -> MLPModel:
        """Read a fold's layers and the classes that they know."""
        with np.load(folder / WEIGHTS, allow_pickle=False) as file:
            n_layers = (len(file.files) - 1) // 2
            layers = [(file[f"matrix_{i}"], file[f"bias_{i}"]) for i in range(n_layers)]
            return MLPModel(layers, file["known"], len(classes.names))


def log_probabilities(
    layers: Layers, features: Features, known: NDArray[np.integer], n_classes: int
) -> NDArray[np.float32]:
    """Compute the log-probabilities [n, C] of features [n, F].

    A class without a training row is less likely than all others.

    `known` are the classes that the last layer gives. Between layers stands a rectifier.
    """
    states: Any = features
    for index, (matrix, bias) in enumerate(layers):
        states = (np.maximum(states, 0) if index else states) @ matrix + bias
    of_known = log_softmax(states.astype(np.float64), axis=1)
    logits = np.tile(of_known.min(axis=1, keepdims=True) - 1, (1, n_classes))
    logits[:, known] = of_known
    return logits.astype(np.float32)


def _fit(rows: TrainingRows[Features], train_rows: NDArray[np.integer], recipe: "Recipe") -> tuple[MLPModel, int]:
    """Fit a model to the training rows: → the model and the number of updates.

    The scaling of the features is folded into the first layer.

    Where one class alone is in training there is nothing to learn, and no update.
    """
    examples, labels, weights = as_labelled(rows, train_rows)
    features, known, n_classes = rows.features[examples], np.unique(labels), len(rows.classes.names)
    if len(known) == 1:
        layer = np.zeros((features.shape[1], 1), dtype=np.float32), np.zeros(1, dtype=np.float32)
        return MLPModel([layer], known, n_classes), 0
    of_classes = registry.make("imbalance", recipe.class_weights, np.bincount(labels, weights, n_classes))
    shift, spread = _scale_of(features)
    model = MLPClassifier(
        recipe.hidden,
        alpha=recipe.weight_decay,
        batch_size=min(recipe.batch_size, len(labels)),
        learning_rate_init=recipe.learning_rate,
        max_iter=recipe.epochs,
        n_iter_no_change=recipe.epochs,  # a fixed length: what stops it would be the loss of training
        random_state=recipe.seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        scaled = features if issparse(features) else (features - shift) / spread
        model.fit(scaled, labels, sample_weight=np.asarray(of_classes, dtype=np.float64)[labels] * weights)
    matrices, biases = list(model.coefs_), list(model.intercepts_)
    matrices[0] = matrices[0] / spread[:, None]
    biases[0] = biases[0] - shift @ matrices[0]
    if len(model.classes_) == 2:  # scikit-learn keeps the one logit between them
        matrices[-1] = np.hstack([np.zeros_like(matrices[-1]), matrices[-1]])
        biases[-1] = np.r_[0.0, biases[-1]]
    n_updates = model.n_iter_ * -(-len(labels) // model.batch_size)
    layers = [(m.astype(np.float32), b.astype(np.float32)) for m, b in zip(matrices, biases, strict=True)]
    return MLPModel(layers, known, n_classes), n_updates


def _scale_of(features: Features) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute mean and standard deviation of each feature, [F]; sparse features get 0 and 1, so they stay unscaled."""
    if issparse(features):
        return np.zeros(features.shape[1]), np.ones(features.shape[1])
    spread = features.std(axis=0, dtype=np.float64)
    return features.mean(axis=0, dtype=np.float64), np.where(spread > 0, spread, 1.0)
