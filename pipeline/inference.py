"""Logits and features of texts from a model that is not trained: computed in length order, given back in row order."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pipeline.data.batches import TokenizedTexts, budgeted_batches, classifier_inputs, pad_batch
from pipeline.models.classifier import TextClassifier
from pipeline.models.poolers import MeanPooler
from pipeline.runtime.torch_setup import autocast

ON_CPU = 2048  # activations that caches hold: docs/performance.md
ON_GPU = 8192


def batch_tokens(device: str) -> int:
    """Return how many tokens, padding included, are read at a time on `device` where nothing is trained."""
    return ON_CPU if torch.device(device).type == "cpu" else ON_GPU


def predict_logits(
    model: TextClassifier, texts: TokenizedTexts, rows: NDArray[np.integer], device: str, precision: str
) -> NDArray[np.float32]:
    """Compute the logits of the texts `rows` [n], in evaluation mode: → [n, C], in the order of `rows`."""
    was_training = model.training
    model.eval()
    row_logits: dict[int, NDArray[np.float32]] = {}
    with torch.inference_mode(), autocast(device, precision):
        for batch in budgeted_batches(texts.lengths, np.unique(rows), batch_tokens(device), rng=None):
            output = model(*(torch.from_numpy(array).to(device) for array in classifier_inputs(texts, batch)))
            row_logits.update(zip(batch.tolist(), output.logits.float().cpu().numpy(), strict=True))
    model.train(was_training)
    return np.stack([row_logits[row] for row in rows.tolist()])


def mean_hidden_states(encoder: nn.Module, texts: TokenizedTexts, device: str, precision: str) -> NDArray[np.float32]:
    """Compute the mean of each text's last hidden states over its real tokens: → [N, H], in evaluation mode."""
    encoder.eval()
    pooler = MeanPooler(0)
    features: NDArray[np.float32] | None = None
    with torch.inference_mode(), autocast(device, precision):
        for batch in budgeted_batches(texts.lengths, np.arange(len(texts)), batch_tokens(device), rng=None):
            input_ids, mask = (torch.from_numpy(array).to(device) for array in pad_batch(texts, batch))
            states = encoder(input_ids=input_ids, attention_mask=mask).last_hidden_state
            pooled = pooler(states.float(), mask).cpu().numpy()
            if features is None:
                features = np.empty((len(texts), pooled.shape[1]), dtype=np.float32)
            features[batch] = pooled
    if features is None:
        raise ValueError("no text to read")
    return features
