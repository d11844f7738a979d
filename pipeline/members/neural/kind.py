"""A fine-tuned encoder: a transformer, or a table of word vectors."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch.nn import functional

from pipeline import registry
from pipeline.data.batches import TokenizedTexts
from pipeline.data.labels import LabelSet
from pipeline.errors import UserError
from pipeline.inference import predict_logits
from pipeline.members.kind import Run, TrainedFold
from pipeline.members.neural.settings import training_settings
from pipeline.members.rows import TrainingRows, class_counts
from pipeline.metrics import macro_f1
from pipeline.models.build import build_classifier
from pipeline.models.classifier import TextClassifier
from pipeline.models.lora import merge_lora
from pipeline.models.positions import check_max_length
from pipeline.runtime.executors.executor import Resources
from pipeline.runtime.memory import keep_freed_memory
from pipeline.runtime.torch_setup import prediction_precision, set_up_torch
from pipeline.training.loop import Scores, train_classifier
from pipeline.vectors.features import is_vectors

if TYPE_CHECKING:
    from pipeline.members.neural.recipe import Recipe

WEIGHTS = "model.safetensors"


@dataclass(frozen=True, eq=False)
class NeuralModel:
    """A classifier on a device, and the precision in which the classifier computes there."""

    classifier: TextClassifier
    device: str
    precision: str

    def logits(self, features: TokenizedTexts, rows: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return the logits [n, C] of the rows [n] of texts."""
        return predict_logits(self.classifier, features, rows, self.device, self.precision)

    def save(self, folder: Path) -> None:
        """Write the classifier's weights into the folder."""
        weights = self.classifier.state_dict()
        save_file({name: value.detach().cpu().contiguous() for name, value in weights.items()}, folder / WEIGHTS)


class Neural:
    """The kind of member that is a fine-tuned encoder.

    A fold computes logits in the precision in which it was trained, in training and in prediction: class weights are
    searched on logits of training and used on logits of prediction. fp16 is for CUDA alone; elsewhere a fold predicts
    in fp32.
    """

    def set_up(self, recipe: "Recipe") -> None:
        """Fix torch's threads and seed, and keep freed memory in the process."""
        set_up_torch(recipe.threads, recipe.seed)
        keep_freed_memory()

    def resources(self, recipe: "Recipe") -> Resources:
        """Return the resources of a fold: the recipe's threads, or a GPU."""
        return Resources(recipe.threads, gpu=True)

    def reader(self, source: Path, recipe: "Recipe") -> Callable[[Sequence[str]], TokenizedTexts]:
        """Return a function that reads texts as ids of the encoder's own tokenizer or word list.

        Texts are cut to the recipe's `max_length`. Raises UserError for two segmentations of words, and for one where
        the tokens are words already.
        """
        segments = sorted({component["segment"] for component in recipe.sequence if "segment" in component})
        if len(segments) > 1 or (segments and is_vectors(source)):
            raise UserError(
                f"sequence: got word_conv with segment {' and '.join(segments)} on {source}; "
                "one segmentation is allowed, and none where the tokens are words already"
            )
        word = "words" if is_vectors(source) else "tokens_in_words" if segments else "tokens"
        load = registry.load("readers", word)
        reader: Callable[[Sequence[str]], TokenizedTexts] = load(source, recipe.max_length, *segments)
        return reader

    def fit(self, rows: TrainingRows[TokenizedTexts], fold: int, recipe: "Recipe", run: Run) -> TrainedFold:
        """Fine-tune the encoder.

        A training that was killed goes on from the run's state file, where that is there. Raises UserError where
        `max_length` is more than the encoder reads, and where no row is left to stop on.
        """
        features, classes, train_rows = rows.features, rows.classes, rows.train_rows(fold)
        torch.manual_seed(recipe.seed)
        classifier = build_classifier(Path(recipe.from_), len(classes.names), recipe, parent_ids=classes.parent_ids)
        classifier.to(run.device)
        check_max_length(classifier.encoder, recipe.max_length, run.what)
        counts = class_counts(rows, rows.with_copies(train_rows))
        fit_rows: NDArray[np.integer] = train_rows
        scored_rows: NDArray[np.integer] = rows.held_out_rows(fold)
        if recipe.early_stop.on == "inner":
            fit_rows, scored_rows = rows.split(train_rows, recipe.early_stop.share, recipe.seed)
            if not len(scored_rows):
                raise UserError(
                    f"{run.what}: early_stop.share {recipe.early_stop.share} is less than one row of every class, "
                    "which leaves nothing to stop on; raise it, or set early_stop.on to never"
                )

        def evaluate(model: TextClassifier) -> Scores:
            logits = predict_logits(model, features, scored_rows, run.device, recipe.precision)
            return _scores(logits, rows.label_ids[scored_rows])

        history = train_classifier(
            classifier,
            features,
            rows.targets,
            rows.weights,
            rows.with_copies(fit_rows),
            training_settings(recipe, counts, classes, run.device),
            precision=recipe.precision,
            device=run.device,
            seed=recipe.seed,
            evaluate=evaluate,
            state_file=run.state_file,
            what=run.what,
        )
        merge_lora(classifier)
        return TrainedFold(NeuralModel(classifier, run.device, recipe.precision), pd.DataFrame(history))

    def save_shared(self, source: Path, folder: Path) -> None:
        """Copy what prediction needs beside a fold's weights: the configuration and the tokenizer, or the words."""
        folder.mkdir(parents=True)
        for file in sorted(source.iterdir()):
            if file.is_file() and file.suffix in (".json", ".txt", ".model"):
                shutil.copyfile(file, folder / file.name)

    def load(self, shared: Path, folder: Path, classes: LabelSet, recipe: "Recipe", device: str) -> NeuralModel:
        """Return a classifier with a fold's weights; LoRA was merged into the weights when the fold ended."""
        merged = recipe.model_copy(update={"lora": None})
        n_classes, parent_ids = len(classes.names), classes.parent_ids
        classifier = build_classifier(shared, n_classes, merged, parent_ids=parent_ids, with_weights=False)
        classifier.load_state_dict(load_file(folder / WEIGHTS))
        classifier.to(device)
        return NeuralModel(classifier, device, prediction_precision(device, recipe.precision))


def _scores(logits: NDArray[np.float32], label_ids: NDArray[np.integer]) -> Scores:
    predicted = logits.argmax(axis=1)
    loss = functional.cross_entropy(torch.from_numpy(logits), torch.from_numpy(label_ids.astype(np.int64)))
    return Scores(macro_f1(label_ids, predicted, logits.shape[1]), float((predicted == label_ids).mean()), float(loss))
