"""The loss of masked-language modelling on a batch, and on held-out texts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pipeline.data.batches import TokenizedTexts, budgeted_batches, pad_batch
from pipeline.models.last_layer import chosen_states
from pipeline.runtime.torch_setup import autocast
from pipeline.training.masking import mask_tokens

# From where words start, bool [B, T], to the unit of each token, [B, T]: a piece of the registry's family `masking`.
Units = Callable[[Tensor, torch.Generator], Tensor]
# From a batch of texts to its loss, with masks drawn from the generator.
BatchLoss = Callable[[TokenizedTexts, NDArray[np.integer], torch.Generator], Tensor]


@dataclass(frozen=True)
class MaskingIds:
    """The ids of a tokenizer that masking needs: [MASK], the special ids, and which ids begin a word (bool [V])."""

    mask_id: int
    special_ids: tuple[int, ...]
    starts_word: NDArray[np.bool_]


def batch_loss(
    model: Any, ids: MaskingIds, units: Units, mlm_probability: float, precision: str, device: str
) -> BatchLoss:
    """Make the loss of a batch: the mean cross-entropy of its hidden tokens; 0 where nothing could be hidden."""
    vocab_size = len(ids.starts_word)
    starts_word = torch.from_numpy(ids.starts_word)
    is_special = torch.zeros(vocab_size, dtype=torch.bool)
    is_special[list(ids.special_ids)] = True
    n_special = max(ids.special_ids) + 1 if max(ids.special_ids) < len(ids.special_ids) else 0

    def loss_of(texts: TokenizedTexts, batch: NDArray[np.integer], generator: torch.Generator) -> Tensor:
        padded, mask = pad_batch(texts, batch)
        input_ids, attention_mask = torch.from_numpy(padded), torch.from_numpy(mask)
        masked, chosen = mask_tokens(
            input_ids,
            ~is_special[input_ids] & attention_mask.bool(),
            units(starts_word[input_ids], generator),
            mask_id=ids.mask_id,
            vocab_size=vocab_size,
            n_special=n_special,
            mlm_probability=mlm_probability,
            generator=generator,
        )
        targets = input_ids[chosen].to(device)
        with autocast(device, precision):
            logits = masked_lm_logits(model, masked.to(device), attention_mask.to(device), chosen.to(device))
        total = nn.functional.cross_entropy(logits.float(), targets, reduction="sum")
        return total / max(1, len(targets))  # a batch of very short texts may have nothing to predict

    return loss_of


def masked_lm_logits(model: Any, input_ids: Tensor, attention_mask: Tensor, chosen: Tensor) -> Tensor:
    """Compute the logits of the chosen positions only: → [n_chosen, V].

    The vocabulary's matrix is the largest of a small model; at 15 % of the positions it costs a seventh. The encoder's
    last layer has less to do, too (`pipeline.models.last_layer`). Encoders whose language-model head is not one module
    after the encoder pay for all positions.
    """
    head = getattr(model, "cls", None) or getattr(model, "lm_head", None)
    if head is None:
        logits: Tensor = model(input_ids=input_ids, attention_mask=attention_mask).logits[chosen]
    else:
        logits = head(chosen_states(model.base_model, input_ids, attention_mask, chosen))
    return logits


def held_out_loss(model: Any, loss_of: BatchLoss, texts: TokenizedTexts, batch_tokens: int, seed: int) -> float:
    """Compute the mean loss over the batches of `texts`, with the same masks at every call."""
    generator = torch.Generator().manual_seed(seed)
    model.eval()
    with torch.no_grad():
        batches = budgeted_batches(texts.lengths, np.arange(len(texts)), batch_tokens, rng=None)
        values = [float(loss_of(texts, batch, generator)) for batch in batches]
    model.train()
    return float(np.mean(values))
