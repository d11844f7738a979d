"""Masked-language modelling: pretraining from scratch and post-training alike."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.data.text_blocks import draw_held_out, stream_batches
from pipeline.data.token_store import TokenStore, read_texts
from pipeline.errors import UserError
from pipeline.runtime.progress import Progress
from pipeline.runtime.torch_setup import make_accelerator, prepare_optimizer
from pipeline.training.masked_lm_loss import MaskingIds, Units, batch_loss, held_out_loss
from pipeline.training.optimizer import adamw, is_decayed, warm_up
from pipeline.training.resume import SECONDS_BETWEEN_SAVES, load_state, save_state
from pipeline.training.schedules import linear


class MaskedLMRecord(NamedTuple):
    """A point of the learning curve: the step, the mean loss since the last point, the loss on held-out texts."""

    step: int
    loss: float
    held_out_loss: float


@dataclass
class _Run:
    """The progress of a training; with the model and the optimiser, all that the rest of it depends on."""

    step: int = 0
    records: list[MaskedLMRecord] = field(default_factory=list)
    losses: list[Tensor] = field(default_factory=list)  # of the steps since the last record
    best_loss: float = float("inf")
    best_weights: dict[str, Tensor] = field(default_factory=dict)
    waited: int = 0  # evaluations since the best one


def train_masked_lm(
    model: Any,
    store: TokenStore,
    ids: MaskingIds,
    units: Units,
    *,
    steps: int,
    checkpoints: Sequence[int],
    batch_tokens: int,
    learning_rate: float,
    warmup_ratio: float,
    weight_decay: float,
    mlm_probability: float,
    held_out: float,
    evaluate_every: int,
    early_stop: int | None,
    precision: str,
    device: str,
    seed: int,
    save_checkpoint: Callable[[int], None],
    state_file: Path,
    what: str,
    seconds_between_saves: float = SECONDS_BETWEEN_SAVES,
) -> list[MaskedLMRecord]:
    """Train `model` in place for `steps` updates and return its learning curve.

    Texts are drawn in length-sorted batches of at most `batch_tokens` tokens, epoch after epoch, with new masks each
    time. A share `held_out` of the texts (see `draw_held_out`) is never trained on; its loss is taken with masks that
    stay the same. With `early_stop`, training ends after that many evaluations without a lower held-out loss, and
    ends with the weights of the lowest. `save_checkpoint(step)` is called for each of `checkpoints`.

    Everything that the rest of training depends on is written to `state_file` now and then. Where that file is there
    already, training goes on from it, to the same bytes as without the break, if everything else is the same.

    Raises UserError for fewer than two texts, and where the loss is not finite.
    """
    if len(store) < 2:
        raise UserError(f"{what}: got {len(store)} texts, 2 are needed: one to train on, one to hold out")
    rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    held_out_rows = draw_held_out(len(store), held_out, rng)
    held_out_texts = read_texts(store, held_out_rows)
    model.to(device).train()
    accelerator = make_accelerator(device, precision)
    adam = adamw(_groups(model, learning_rate, weight_decay))
    optimizer = prepare_optimizer(accelerator, adam)
    schedule = warm_up(adam, max(1, steps), warmup_ratio, linear)
    loss_of = batch_loss(model, ids, units, mlm_probability, precision, device)
    parts = {"model": model, "optimizer": optimizer, "schedule": schedule}
    parts |= {"scaler": accelerator.scaler} if accelerator.scaler else {}

    run = _restore(load_state(state_file, parts, generator, device, what), device)
    saved_at = time.monotonic()
    batches = stream_batches(store, held_out_rows, batch_tokens, rng, skip=run.step)
    with Progress(steps - run.step, what) as progress:
        for step in range(run.step + 1, steps + 1):
            loss = loss_of(*next(batches), generator)
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            schedule.step()
            run.step = step
            run.losses.append(loss.detach())
            progress.update(1)
            if step % evaluate_every == 0 or step == steps:
                _check_finite(run, what)
                score = held_out_loss(model, loss_of, held_out_texts, batch_tokens, seed)
                _record(run, score, model if early_stop is not None else None)
            if step in checkpoints:
                save_checkpoint(step)
            if early_stop is not None and run.waited >= early_stop:
                break
            if time.monotonic() - saved_at >= seconds_between_saves:
                save_state(state_file, parts, generator, device, _as_plain(run))
                saved_at = time.monotonic()
    if run.best_weights:
        model.load_state_dict(run.best_weights)
    return run.records


def _check_finite(run: _Run, what: str) -> None:
    mean = float(torch.stack(run.losses).mean())
    if not np.isfinite(mean):
        raise UserError(f"{what}: the loss is {mean} at step {run.step}; lower the learning rate")


def _record(run: _Run, score: float, model: Any | None) -> None:
    """Add a point to the curve; with a model, keep its weights where its held-out loss is the lowest so far."""
    mean = float(torch.stack(run.losses).mean())
    run.records.append(MaskedLMRecord(run.step, round(mean, 6), round(score, 6)))
    run.losses.clear()
    run.waited += 1
    if model is not None and score < run.best_loss:
        run.best_loss, run.waited = score, 0
        run.best_weights = {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}


def _as_plain(run: _Run) -> dict[str, Any]:
    return vars(run) | {"records": [tuple(record) for record in run.records]}


def _restore(state: dict[str, Any] | None, device: str) -> _Run:
    if state is None:
        return _Run()
    records = [MaskedLMRecord(*record) for record in state["records"]]
    return _Run(**state | {"records": records, "losses": [loss.to(device) for loss in state["losses"]]})


def _groups(model: nn.Module, learning_rate: float, weight_decay: float) -> list[dict[str, object]]:
    decayed = [p for name, p in model.named_parameters() if is_decayed(name, p)]
    others = [p for name, p in model.named_parameters() if not is_decayed(name, p)]
    return [
        {"params": decayed, "lr": learning_rate, "weight_decay": weight_decay},
        {"params": others, "lr": learning_rate, "weight_decay": 0.0},
    ]
