"""One update of a classifier's weights."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.data.batches import TokenizedTexts, classifier_inputs
from pipeline.errors import UserError
from pipeline.losses.batch_losses import BatchLoss
from pipeline.models.classifier import TextClassifier
from pipeline.training.adversarial import find_targets
from pipeline.training.objective import Rows, objective_value, totals, twice
from pipeline.training.settings import TrainingSettings

# Of the width of batches in half precision. On a CPU oneDNN builds its kernels anew for every shape: with few widths an
# update of a small BERT takes a fifth less time and the process 40 % less memory (docs/performance.md). Tensor cores
# want multiples of eight, too. In fp32 it would only be padding.
HALF_PRECISION_MULTIPLE = 8


class _Part(NamedTuple):
    inputs: list[Tensor]
    rows: Rows


def updater(
    model: TextClassifier,
    optimizer: Any,
    accelerator: Any,
    texts: TokenizedTexts,
    targets: NDArray[Any],
    weights: NDArray[np.float32],
    settings: TrainingSettings,
) -> Callable[[NDArray[np.integer]], Tensor]:
    """Make a function that updates the weights with one batch, given as row numbers, and returns its loss.

    The targets are class ids [N] or probabilities [N, C]; each row has a weight, [N]. The batch is computed in
    `settings.accumulate` parts. With R-Drop each part passes twice, under two dropout masks.
    """
    objective, device = settings.objective, accelerator.device
    if settings.accumulate > 1 and isinstance(objective.loss, BatchLoss):
        raise UserError(f"accumulate: got {settings.accumulate}, but the loss needs the batch whole: 1 is allowed")
    parameters = list(model.parameters())
    attacked = find_targets(model, settings.adversarial.on) if settings.adversarial else []
    targets = targets.astype(np.int64 if targets.ndim == 1 else np.float32)
    multiple = 1 if accelerator.mixed_precision == "no" else HALF_PRECISION_MULTIPLE
    class_vectors: Any = model.head.linear.weight  # type: ignore[union-attr]

    def load(rows: NDArray[np.integer]) -> _Part:
        arrays = *classifier_inputs(texts, rows, multiple), targets[rows], weights[rows]
        tensors = [torch.from_numpy(array).to(device) for array in arrays]
        *inputs, of_rows, weights_of_rows = tensors if objective.r_drop is None else map(twice, tensors)
        return _Part(inputs, Rows(of_rows, weights_of_rows))

    def update(batch: NDArray[np.integer]) -> Tensor:
        parts = [load(rows) for rows in np.array_split(batch, min(settings.accumulate, len(batch)))]
        of_batch = totals(objective, [part.rows for part in parts])

        def backward() -> Tensor:
            total = torch.zeros((), device=device)
            for part in parts:
                with accelerator.autocast():
                    output = model(*part.inputs)
                value = objective_value(objective, output, part.rows, class_vectors, of_batch)
                accelerator.backward(value)
                total += value.detach()
            return total

        value = backward()
        if settings.adversarial is not None:
            settings.adversarial.attack(attacked, parameters, backward)
        accelerator.clip_grad_norm_(parameters, settings.clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return value

    return update
