"""A fine-tuned encoder: a transformer, or a table of word vectors."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

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
from pipeline.inference.classifier import predict_logits
from pipeline.members.fold import Fold
from pipeline.members.inner_split import inner_split
from pipeline.members.labelled_rows import LabelledRows
from pipeline.members.training_settings import training_settings
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

WEIGHTS = "model.safetensors"


def set_up(recipe: dict[str, Any]) -> None:
    """Fix torch's threads and seed, and keep memory that is freed."""
    set_up_torch(recipe["threads"], recipe["seed"])
    keep_freed_memory()


def resources(recipe: dict[str, Any]) -> Resources:
    """The recipe's threads, or a GPU."""
    return Resources(recipe["threads"], gpu=True)


def featurize(source: Path, texts: Sequence[str], recipe: dict[str, Any]) -> TokenizedTexts:
    """The texts' ids under the encoder's own tokenizer or word list, cut to the recipe's `max_length`."""
    return load_reader(source, recipe)(texts)


def load_reader(source: Path, recipe: dict[str, Any]) -> Callable[[Sequence[str]], TokenizedTexts]:
    """What `featurize` does, loaded once for many calls."""
    segments = sorted({piece["segment"] for piece in recipe["sequence"] if "segment" in piece})
    if len(segments) > 1 or (segments and is_vectors(source)):
        raise UserError(
            f"sequence: got word_conv with segment {' and '.join(segments)} on {source}; "
            "one segmentation is allowed, and none where the tokens are words already"
        )
    word = "words" if is_vectors(source) else "tokens_in_words" if segments else "tokens"
    reader: Callable[[Sequence[str]], TokenizedTexts] = registry.load("readers", word)(
        source, recipe["max_length"], *segments
    )
    return reader


def train_fold(
    source: Path,
    rows: LabelledRows[TokenizedTexts],
    train_rows: NDArray[np.integer],
    held_out_rows: NDArray[np.integer],
    recipe: dict[str, Any],
    device: str,
    what: str,
    state_file: Path | None = None,
) -> Fold:
    """Fine-tune the encoder on `train_rows` and their copies; the logits are those of `held_out_rows`.

    Logits are computed in the precision of training, here as in `predict`: class weights are searched on these rows
    and used on those.

    A training that was killed goes on from `state_file`, where that is there.
    """
    features, label_ids, classes = rows.features, rows.label_ids, rows.classes
    torch.manual_seed(recipe["seed"])
    model = build_classifier(source, len(classes.names), recipe, parent_ids=classes.parent_ids).to(device)
    check_max_length(model.encoder, recipe["max_length"], what)
    counts = np.bincount(label_ids[rows.with_copies(train_rows)], minlength=len(classes.names))
    early_stop = recipe["early_stop"]
    fit_rows, scored_rows = train_rows, held_out_rows
    if early_stop["on"] == "inner":
        fit_rows, scored_rows = inner_split(label_ids, train_rows, early_stop["share"], recipe["seed"])
        if not len(scored_rows):
            raise UserError(
                f"{what}: early_stop.share {early_stop['share']} is less than one row of every class, which leaves "
                "nothing to stop on; raise it, or set early_stop.on to never"
            )

    def evaluate(model: TextClassifier) -> Scores:
        logits = predict_logits(model, features, scored_rows, device, recipe["precision"])
        return _scores(logits, label_ids[scored_rows])

    history = train_classifier(
        model,
        features,
        label_ids,
        rows.with_copies(fit_rows),
        training_settings(recipe, counts, classes, device),
        precision=recipe["precision"],
        device=device,
        seed=recipe["seed"],
        evaluate=evaluate,
        state_file=state_file,
        what=what,
    )
    merge_lora(model)
    logits = predict_logits(model, features, held_out_rows, device, recipe["precision"])
    return Fold(logits, pd.DataFrame(history), lambda folder: _save_weights(model, folder))


def save_shared(source: Path, folder: Path) -> None:
    """Copy what prediction needs beside a fold's weights: the configuration and the tokenizer, or the words."""
    folder.mkdir(parents=True)
    for file in sorted(source.iterdir()):
        if file.is_file() and file.suffix in (".json", ".txt", ".model"):
            shutil.copyfile(file, folder / file.name)


def predict(
    shared: Path, fold_folder: Path, features: TokenizedTexts, classes: LabelSet, recipe: dict[str, Any], device: str
) -> NDArray[np.float32]:
    """The logits [N, C] of a finished fold for all texts of `features`, in the precision of training.

    fp16 is for CUDA alone; elsewhere it becomes fp32.
    """
    return load_fold(shared, fold_folder, classes, recipe, device)(features)


def load_fold(
    shared: Path, fold_folder: Path, classes: LabelSet, recipe: dict[str, Any], device: str
) -> Callable[[TokenizedTexts], NDArray[np.float32]]:
    """What `predict` does, loaded once for many calls."""
    merged = recipe | {"lora": None}  # into the weights, when the fold ended
    model = build_classifier(shared, len(classes.names), merged, parent_ids=classes.parent_ids, with_weights=False)
    model.load_state_dict(load_file(fold_folder / WEIGHTS))
    model.to(device)
    precision = prediction_precision(device, recipe["precision"])
    return lambda features: predict_logits(model, features, np.arange(len(features)), device, precision)


def _save_weights(model: TextClassifier, folder: Path) -> None:
    state = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    save_file(state, folder / WEIGHTS)


def _scores(logits: NDArray[np.float32], label_ids: NDArray[np.integer]) -> Scores:
    predicted = logits.argmax(axis=1)
    loss = functional.cross_entropy(torch.from_numpy(logits), torch.from_numpy(label_ids.astype(np.int64)))
    return Scores(macro_f1(label_ids, predicted, logits.shape[1]), float((predicted == label_ids).mean()), float(loss))
