"""Logits of a classifier for many texts."""

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.data.batches import TokenizedTexts, budgeted_batches, classifier_inputs
from pipeline.inference.batch_tokens import batch_tokens
from pipeline.models.classifier import TextClassifier
from pipeline.runtime.torch_setup import autocast


def predict_logits(
    model: TextClassifier, texts: TokenizedTexts, rows: NDArray[np.integer], device: str, precision: str
) -> NDArray[np.float32]:
    """The logits of the texts `rows` [n], in evaluation mode: → [n, C], in the order of `rows`."""
    was_training = model.training
    model.eval()
    row_logits: dict[int, NDArray[np.float32]] = {}
    with torch.inference_mode(), autocast(device, precision):
        for batch in budgeted_batches(texts.lengths, np.unique(rows), batch_tokens(device), rng=None):
            output = model(*(torch.from_numpy(array).to(device) for array in classifier_inputs(texts, batch)))
            row_logits.update(zip(batch.tolist(), output.logits.float().cpu().numpy(), strict=True))
    model.train(was_training)
    return np.stack([row_logits[row] for row in rows.tolist()])
