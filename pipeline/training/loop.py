"""The fine-tuning loop of one fold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pipeline.data.batches import TokenizedTexts, bucketed_batches, pad_batch
from pipeline.errors import UserError
from pipeline.losses.contrastive import with_class_vectors
from pipeline.models.classifier import ClassifierOutput, TextClassifier
from pipeline.runtime.progress import Progress
from pipeline.runtime.torch_setup import autocast
from pipeline.training.optimizer import adamw, classifier_groups, warmup_linear


@dataclass(frozen=True)
class Contrastive:
    """A contrastive term: its loss, its weight, and whether the class vectors join the batch."""

    loss: nn.Module
    weight: float
    with_classes: bool


@dataclass(frozen=True)
class EpochRecord:
    """What is kept of an epoch: the updates made so far, their mean loss, the score on the evaluation rows."""

    step: int
    loss: float
    macro_f1: float


def train_classifier(
    model: TextClassifier,
    texts: TokenizedTexts,
    label_ids: NDArray[np.integer],
    rows: NDArray[np.integer],
    *,
    loss: nn.Module,
    contrastive: Contrastive | None,
    epochs: int,
    batch_size: int,
    learning_rate: Mapping[str, float],
    warmup_ratio: float,
    weight_decay: float,
    clip: float,
    precision: str,
    device: str,
    seed: int,
    evaluate: Callable[[TextClassifier], float],
    patience: int | None,
    what: str,
) -> list[EpochRecord]:
    """Train `model` in place on the texts `rows` and return a record of each epoch.

    `evaluate` scores the model after each epoch; it never changes the training unless `patience` is a number: then
    training ends after that many epochs without a better score, and the best epoch's weights are put back.

    Raises UserError where the loss is not finite.
    """
    rng = np.random.default_rng(seed)
    steps_per_epoch = -(-len(rows) // batch_size)
    optimizer = adamw(classifier_groups(model, learning_rate, weight_decay))
    schedule = warmup_linear(optimizer, epochs * steps_per_epoch, warmup_ratio)
    class_vectors: Any = model.head.linear.weight  # type: ignore[union-attr]
    records: list[EpochRecord] = []
    best: tuple[float, dict[str, Tensor]] | None = None
    waited = 0
    with Progress(epochs * steps_per_epoch, what) as progress:
        for epoch in range(epochs):
            model.train()  # in each epoch: `evaluate` may have left it in evaluation mode
            losses = torch.zeros(steps_per_epoch, device=device)
            for index, batch in enumerate(bucketed_batches(texts.lengths, rows, batch_size, rng)):
                input_ids, mask = pad_batch(texts, batch)
                labels = torch.from_numpy(label_ids[batch].astype(np.int64)).to(device)
                with autocast(device, precision):
                    output = model(torch.from_numpy(input_ids).to(device), torch.from_numpy(mask).to(device))
                value = total_loss(output, labels, loss, contrastive, class_vectors)
                value.backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(model.parameters(), clip)
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
                schedule.step()
                losses[index] = value.detach()
                progress.update(1, f"epoch {epoch + 1}")
            records.append(_record(records, losses, evaluate(model), what))
            score = records[-1].macro_f1
            if patience is None:
                continue
            if best is None or score > best[0]:
                best, waited = (score, _copy_of(model.state_dict())), 0
            else:
                waited += 1
                if waited >= patience:
                    break
    if best is not None:
        model.load_state_dict(best[1])
    return records


def total_loss(
    output: ClassifierOutput,
    labels: Tensor,
    loss: nn.Module,
    contrastive: Contrastive | None,
    class_vectors: Tensor,
) -> Tensor:
    """Classification loss plus the weighted contrastive term, in fp32: → scalar."""
    value: Tensor = loss(output.logits.float(), labels)
    if contrastive is None:
        return value
    vectors, vector_labels = output.pooled.float(), labels
    if contrastive.with_classes:
        vectors, vector_labels = with_class_vectors(vectors, labels, class_vectors)
    term: Tensor = contrastive.loss(vectors, vector_labels)
    return value + contrastive.weight * term


def _record(records: list[EpochRecord], losses: Tensor, score: float, what: str) -> EpochRecord:
    mean = float(losses.mean())
    if not np.isfinite(mean):
        raise UserError(f"{what}: the loss is {mean} in epoch {len(records) + 1}; lower the learning rate")
    return EpochRecord(len(losses) * (len(records) + 1), round(mean, 6), round(score, 6))


def _copy_of(state: dict[str, Any]) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in state.items()}
