"""The objective of an update: the value that training minimises, from a loss and the terms beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.losses.batch_losses import BatchLoss
from pipeline.losses.contrastive import with_class_vectors
from pipeline.losses.r_drop import symmetric_kl
from pipeline.losses.row_losses import RowLoss
from pipeline.losses.targets import expected, likeliest, of_parents
from pipeline.models.classifier import ClassifierOutput


@dataclass(frozen=True)
class ContrastiveTerm:
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
    """A classification loss and the terms beside it, each with its weight; the value is kept near the level `flooding`.

    `class_weights` [C] weigh in the loss alone.
    """

    loss: RowLoss | BatchLoss
    class_weights: Tensor
    contrastive: ContrastiveTerm | None = None
    levels: LevelTerm | None = None
    r_drop: float | None = None
    flooding: float | None = None


class Rows(NamedTuple):
    """The targets of a batch's rows, ids [B] or probabilities [B, C], and the weights of these rows, [B]."""

    targets: Tensor
    weights: Tensor


class Totals(NamedTuple):
    """The divisors of means over a batch: the sum of its rows' weights in the loss, and that of their own weights."""

    loss: Tensor
    rows: Tensor


def totals(objective: Objective, parts: Sequence[Rows]) -> Totals:
    """Sum the weights of a batch that is given in parts.

    A total of 0 is none to divide by: where no row weighs anything, every mean is 0.
    """
    in_loss = torch.cat([_weights_in_loss(objective, part) for part in parts])
    their_own = torch.cat([part.weights for part in parts])
    least = torch.finfo(torch.float32).tiny
    return Totals(in_loss.sum().clamp(min=least), their_own.sum().clamp(min=least))


def objective_value(
    objective: Objective, output: ClassifierOutput, rows: Rows, class_vectors: Tensor, of_batch: Totals
) -> Tensor:
    """Compute the value, in fp32, of rows that are a batch or a part of one: → scalar.

    The values of the parts of a batch sum to that of the batch, where the loss is one of rows; losses of a batch, and
    all terms that compare rows with each other, need the batch whole. With R-Drop `output` and `rows`, and the rows
    of which `of_batch` are the totals, hold each row twice, the second pass after the first.

    A row's weight counts in every mean, but not in the contrastive term: there every row counts alike, as a row of its
    class, or of the likeliest class where targets are probabilities.
    """
    logits, weights = output.logits.float(), rows.weights
    if isinstance(objective.loss, BatchLoss):
        value: Tensor = objective.loss(logits, rows.targets, objective.class_weights, weights)
    else:
        losses = objective.loss(logits, rows.targets)
        value = _mean(losses, _weights_in_loss(objective, rows), of_batch.loss)
    if objective.levels is not None and output.level_logits is not None:
        level_logits = output.level_logits.float()
        parents = of_parents(rows.targets, objective.levels.parent_ids, level_logits.shape[1])
        losses = functional.cross_entropy(level_logits, parents, reduction="none")
        value = value + objective.levels.weight * _mean(losses, weights, of_batch.rows)
    if objective.r_drop is not None:
        divergence = symmetric_kl(*logits.chunk(2))
        value = value + objective.r_drop * _mean(divergence, weights[: len(divergence)], of_batch.rows / 2)
    if objective.contrastive is not None:
        labels = likeliest(rows.targets)
        value = value + objective.contrastive.weight * _contrast(objective.contrastive, output, labels, class_vectors)
    if objective.flooding is not None:
        value = (value - objective.flooding).abs() + objective.flooding
    return value


def _mean(values: Tensor, weights: Tensor, total: Tensor) -> Tensor:
    """Compute a part's share of its batch's weighted mean: values and weights [B], the batch's summed weights."""
    return (weights * values).sum() / total


def _weights_in_loss(objective: Objective, rows: Rows) -> Tensor:
    """Multiply a row's own weight by that of its class: [B]."""
    return rows.weights * expected(objective.class_weights, rows.targets)


def _contrast(contrastive: ContrastiveTerm, output: ClassifierOutput, labels: Tensor, class_vectors: Tensor) -> Tensor:
    vectors = output.pooled.float()
    if contrastive.with_classes:
        vectors, labels = with_class_vectors(vectors, labels, class_vectors)
    term: Tensor = contrastive.loss(vectors, labels)
    return term


def twice(tensor: Tensor) -> Tensor:
    """Repeat a batch after itself, for two passes under different dropout masks at once."""
    return torch.cat([tensor, tensor])
