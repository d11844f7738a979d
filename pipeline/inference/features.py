"""Features of texts from an encoder that is not trained."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pipeline.data.batches import TokenizedTexts, budgeted_batches, pad_batch
from pipeline.inference.batch_tokens import batch_tokens
from pipeline.models.poolers import MeanPooler
from pipeline.runtime.torch_setup import autocast


def mean_hidden_states(encoder: nn.Module, texts: TokenizedTexts, device: str, precision: str) -> NDArray[np.float32]:
    """The mean of each text's last hidden states over its real tokens: → [N, H], in evaluation mode."""
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
