"""The fine-tuning loop of one fold."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.data.batches import TokenizedTexts, bucketed_batches, token_ids_of
from pipeline.errors import UserError
from pipeline.models.classifier import TextClassifier
from pipeline.models.trained_words import restore_words, train_words
from pipeline.runtime.progress import Progress
from pipeline.runtime.torch_setup import make_accelerator, prepare_optimizer
from pipeline.training.optimizer import adamw, classifier_groups, warm_up
from pipeline.training.resume import SECONDS_BETWEEN_SAVES, load_state, save_state
from pipeline.training.settings import KeepBest, TrainingSettings
from pipeline.training.unfreeze import set_trained
from pipeline.training.update import updater


class Scores(NamedTuple):
    """The scores of an evaluation; `loss` is the mean cross-entropy."""

    macro_f1: float
    accuracy: float
    loss: float


class TrainingRecord(NamedTuple):
    """A point of the learning curve: the updates made so far, their mean loss since the last point, the scores."""

    step: int
    loss: float
    macro_f1: float
    accuracy: float
    held_out_loss: float


@dataclass
class _Run:
    """The progress of a training; with the model, the optimiser and the average, all that the rest of it depends on."""

    step: int = 0
    records: list[TrainingRecord] = field(default_factory=list)
    losses: list[Tensor] = field(default_factory=list)  # of the updates since the last record
    best_score: float = -float("inf")
    best_weights: dict[str, Tensor] = field(default_factory=dict)
    waited: int = 0  # evaluations since the best one


def train_classifier(
    model: TextClassifier,
    texts: TokenizedTexts,
    targets: NDArray[Any],
    weights: NDArray[np.float32],
    rows: NDArray[np.integer],
    settings: TrainingSettings,
    *,
    precision: str,
    device: str,
    seed: int,
    evaluate: Callable[[TextClassifier], Scores],
    state_file: Path | None,
    what: str,
    seconds_between_saves: float = SECONDS_BETWEEN_SAVES,
) -> list[TrainingRecord]:
    """Train `model` in place on the texts `rows` and return its learning curve.

    Of all N texts, `targets` are the class ids [N] or the classes' probabilities [N, C], and `weights` [N] say how much
    each counts. The sampler gets the likeliest class.
    `evaluate` scores the model (its averaged weights, where there is an average) after each epoch, or after every
    `settings.evaluate_every` updates, and after the last. It has a say in training only where `settings.keep_best`
    gives it one. The model ends with the best weights where they are kept, else with the average, else with the last.
    Of the word embeddings those of the texts' own words are trained (`pipeline.models.trained_words`).

    Everything that the rest of training depends on is written to `state_file` now and then. Where that file is there
    already, training goes on from it, to the same bytes as without the break, if everything else is the same.

    Raises UserError where the loss is not finite.
    """
    accelerator = make_accelerator(device, precision)
    train_words(model.encoder, token_ids_of(texts, rows))

    label_ids = targets if targets.ndim == 1 else targets.argmax(axis=1)

    def batches_of(epoch: int) -> list[NDArray[np.integer]]:
        rng = np.random.default_rng([seed, epoch])  # a generator of its own: an epoch can be gone back to
        return bucketed_batches(texts.lengths, settings.sampler(rows, label_ids, rng), settings.batch_size, rng)

    batches = batches_of(0)
    per_epoch = len(batches)
    total = settings.epochs * per_epoch
    groups = classifier_groups(model, settings.learning_rate, settings.weight_decay, settings.layer_decay)
    adam = adamw(groups)
    optimizer = prepare_optimizer(accelerator, adam)
    schedule = warm_up(adam, total, settings.warmup_ratio, settings.course)
    average = settings.averaging(model, total) if settings.averaging else None
    parts = {"model": model, "optimizer": optimizer, "schedule": schedule}
    parts |= {"average": average.model} if average else {}
    parts |= {"scaler": accelerator.scaler} if accelerator.scaler else {}
    update = updater(model, optimizer, accelerator, texts, targets, weights, settings)

    run = _restore(load_state(state_file, parts, None, device, what) if state_file else None, device)
    if run.step:
        batches = batches_of(run.step // per_epoch)
        if settings.unfreeze_every is not None:
            set_trained(model, run.step, settings.unfreeze_every)
    saved_at = time.monotonic()
    model.train()
    with Progress(total - run.step, what) as progress:
        while run.step < total:
            epoch, index = divmod(run.step, per_epoch)
            if index == 0:
                batches = batches_of(epoch)
            if settings.unfreeze_every is not None and run.step % settings.unfreeze_every == 0:
                set_trained(model, run.step, settings.unfreeze_every)
            run.losses.append(update(batches[index]))
            schedule.step()
            run.step += 1
            if average is not None and average.joins(run.step):
                average.model.update_parameters(model)
            progress.update(1, _note(epoch, run))
            if run.step % (settings.evaluate_every or per_epoch) == 0 or run.step == total:
                _check_finite(run, what)
                scored: Any = model if average is None or not average.model.n_averaged else average.model.module
                _record(run, evaluate(scored), scored, settings.keep_best)
                model.train()  # `evaluate` may have left it in evaluation mode
                if _waited_enough(run, settings.keep_best):
                    break
            if state_file is not None and time.monotonic() - saved_at >= seconds_between_saves:
                save_state(state_file, parts, None, device, _as_plain(run))
                saved_at = time.monotonic()
    if run.best_weights:
        model.load_state_dict(run.best_weights)
    elif average is not None and average.model.n_averaged:
        model.load_state_dict(average.model.module.state_dict())
    restore_words(model.encoder)
    return run.records


def _note(epoch: int, run: _Run) -> str:
    best = max((record.macro_f1 for record in run.records), default=None)
    return f"epoch {epoch + 1}" + ("" if best is None else f", best macro-F1 {best:.4f}")


def _check_finite(run: _Run, what: str) -> None:
    mean = float(torch.stack(run.losses).mean())
    if not np.isfinite(mean):
        raise UserError(f"{what}: the loss is {mean} at update {run.step}; lower the learning rate")


def _record(run: _Run, scores: Scores, scored: TextClassifier, keep_best: KeepBest | None) -> None:
    """Add a point to the curve, and keep the scored weights where they are the best so far."""
    mean = float(torch.stack(run.losses).mean())
    run.records.append(TrainingRecord(run.step, *(round(float(number), 6) for number in (mean, *scores))))
    run.losses.clear()
    if keep_best is None:
        return
    score = -scores.loss if keep_best.metric == "loss" else getattr(scores, keep_best.metric)
    run.waited += 1
    if score > run.best_score:
        run.best_score, run.waited = score, 0
        run.best_weights = {name: value.detach().clone() for name, value in scored.state_dict().items()}


def _waited_enough(run: _Run, keep_best: KeepBest | None) -> bool:
    return keep_best is not None and keep_best.patience is not None and run.waited >= keep_best.patience


def _as_plain(run: _Run) -> dict[str, Any]:
    return vars(run) | {"records": [tuple(record) for record in run.records]}


def _restore(state: dict[str, Any] | None, device: str) -> _Run:
    if state is None:
        return _Run()
    records = [TrainingRecord(*record) for record in state["records"]]
    return _Run(**state | {"records": records, "losses": [loss.to(device) for loss in state["losses"]]})
