"""What one update minimises."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.losses.class_vectors import with_class_vectors
from pipeline.losses.r_drop import symmetric_kl
from pipeline.models.classifier import ClassifierOutput


@dataclass(frozen=True)
class Contrastive:
    """A contrastive term: its loss, its weight, and whether the class vectors join the batch."""

    loss: nn.Module
    weight: float
    with_classes: bool


@dataclass(frozen=True)
class LevelTerm:
    """The loss of the first level's logits: its weight, and the parent of each class, [C]."""

    weight: float
    parent_ids: Tensor


@dataclass(frozen=True)
class Objective:
    """A classification loss and the terms beside it, each with its weight; it is kept at the level `flooding`."""

    loss: nn.Module
    contrastive: Contrastive | None = None
    levels: LevelTerm | None = None
    r_drop: float | None = None
    flooding: float | None = None


def objective_value(
    objective: Objective, output: ClassifierOutput, labels: Tensor, class_vectors: Tensor, batch_labels: Tensor
) -> Tensor:
    """The value, in fp32, of rows that are a batch or a part of one: → scalar.

    The values of the parts of a batch sum to that of the batch, for losses that have `weight`; the others, and all
    terms that compare rows with each other, need the batch whole. With R-Drop `output` and `labels` hold each row
    twice, the second pass after the first; `batch_labels` are those of the whole batch, each row once.
    """
    logits = output.logits.float()
    share = len(labels) / (len(batch_labels) * (1 if objective.r_drop is None else 2))
    value: Tensor = objective.loss(logits, labels)
    if share < 1:
        value = value * (objective.loss.weight(labels) / objective.loss.weight(batch_labels))  # type: ignore[operator]
        if objective.r_drop is not None:
            value = value / 2
    if objective.levels is not None and output.level_logits is not None:
        parents = objective.levels.parent_ids[labels]
        value = value + share * objective.levels.weight * functional.cross_entropy(output.level_logits.float(), parents)
    if objective.r_drop is not None:
        value = value + share * objective.r_drop * symmetric_kl(*logits.chunk(2))
    if objective.contrastive is not None:
        value = value + objective.contrastive.weight * _contrast(objective.contrastive, output, labels, class_vectors)
    if objective.flooding is not None:
        value = (value - objective.flooding).abs() + objective.flooding
    return value


def _contrast(contrastive: Contrastive, output: ClassifierOutput, labels: Tensor, class_vectors: Tensor) -> Tensor:
    vectors = output.pooled.float()
    if contrastive.with_classes:
        vectors, labels = with_class_vectors(vectors, labels, class_vectors)
    term: Tensor = contrastive.loss(vectors, labels)
    return term


def twice(tensor: Tensor) -> Tensor:
    """A batch after itself, for two passes under different dropout masks at once."""
    return torch.cat([tensor, tensor])
