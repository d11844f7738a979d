"""Masked-language modelling: pretraining from scratch and post-training alike."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pipeline.data.batches import TokenizedTexts, budgeted_batches, pad_batch
from pipeline.errors import UserError
from pipeline.runtime.progress import Progress
from pipeline.runtime.torch_setup import autocast
from pipeline.training.masking import mask_tokens
from pipeline.training.optimizer import adamw, is_decayed, warmup_linear


@dataclass(frozen=True)
class SpecialIds:
    """What masking has to know of a tokenizer: [MASK], the vocabulary's size, and which ids are special."""

    mask_id: int
    vocab_size: int
    special_ids: tuple[int, ...]


@dataclass(frozen=True)
class MaskedLMRecord:
    """A point of the learning curve: the step, the mean loss since the last point, the loss on held-out texts."""

    step: int
    loss: float
    held_out_loss: float


def train_masked_lm(
    model: Any,
    texts: TokenizedTexts,
    special: SpecialIds,
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
    precision: str,
    device: str,
    seed: int,
    save_checkpoint: Callable[[int], None],
    what: str,
) -> list[MaskedLMRecord]:
    """Train `model` in place for `steps` updates and return its learning curve.

    Texts are drawn in length-sorted batches of at most `batch_tokens` tokens, epoch after epoch, with new masks each
    time. A share `held_out` of the texts is never trained on; its loss is taken with masks that stay the same.
    `save_checkpoint(step)` is called for each of `checkpoints`.

    Raises UserError for fewer than two texts, and where the loss is not finite.
    """
    rng = np.random.default_rng(seed)
    generator = torch.Generator().manual_seed(seed)
    shuffled = rng.permutation(len(texts))
    if len(texts) < 2:
        raise UserError(f"{what}: got {len(texts)} texts, 2 are needed: one to train on, one to hold out")
    n_held_out = min(max(1, round(len(texts) * held_out)), len(texts) - 1)
    evaluation_rows, training_rows = np.sort(shuffled[:n_held_out]), np.sort(shuffled[n_held_out:])
    model.to(device).train()
    optimizer = adamw(_groups(model, learning_rate, weight_decay))
    schedule = warmup_linear(optimizer, max(1, steps), warmup_ratio)
    loss_of = _loss_function(model, texts, special, mlm_probability, precision, device)

    records: list[MaskedLMRecord] = []
    since_last: list[Tensor] = []
    batches = _endless(texts.lengths, training_rows, batch_tokens, rng)
    with Progress(steps, what) as progress:
        for step in range(1, steps + 1):
            loss = loss_of(next(batches), generator)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            schedule.step()
            since_last.append(loss.detach())
            progress.update(1)
            if step % evaluate_every == 0 or step == steps:
                mean = float(torch.stack(since_last).mean())
                if not np.isfinite(mean):
                    raise UserError(f"{what}: the loss is {mean} at step {step}; lower the learning rate")
                held_out_loss = evaluate_masked_lm(model, loss_of, texts, evaluation_rows, batch_tokens, seed)
                records.append(MaskedLMRecord(step, round(mean, 6), round(held_out_loss, 6)))
                since_last.clear()
            if step in checkpoints:
                save_checkpoint(step)
    return records


def evaluate_masked_lm(
    model: Any,
    loss_of: Callable[[NDArray[np.integer], torch.Generator], Tensor],
    texts: TokenizedTexts,
    rows: NDArray[np.integer],
    batch_tokens: int,
    seed: int,
) -> float:
    """The mean loss over the batches of `rows`, with the same masks at every call."""
    generator = torch.Generator().manual_seed(seed)
    model.eval()
    with torch.no_grad():
        batches = budgeted_batches(texts.lengths, rows, batch_tokens, rng=None)
        values = [float(loss_of(batch, generator)) for batch in batches]
    model.train()
    return float(np.mean(values))


def masked_lm_logits(model: Any, input_ids: Tensor, attention_mask: Tensor, chosen: Tensor) -> Tensor:
    """The logits of the chosen positions only: → [n_chosen, V].

    The vocabulary's matrix is the largest of a small model; at 15 % of the positions it costs a seventh. Encoders
    whose language-model head is not one module after the encoder pay for all positions.
    """
    head = getattr(model, "cls", None) or getattr(model, "lm_head", None)
    if head is None:
        logits: Tensor = model(input_ids=input_ids, attention_mask=attention_mask).logits[chosen]
    else:
        hidden_states = model.base_model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        logits = head(hidden_states[chosen])
    return logits


def _loss_function(
    model: Any, texts: TokenizedTexts, special: SpecialIds, mlm_probability: float, precision: str, device: str
) -> Callable[[NDArray[np.integer], torch.Generator], Tensor]:
    is_special = torch.zeros(special.vocab_size, dtype=torch.bool)
    is_special[list(special.special_ids)] = True
    n_special = max(special.special_ids) + 1 if max(special.special_ids) < len(special.special_ids) else 0

    def loss_of(batch: NDArray[np.integer], generator: torch.Generator) -> Tensor:
        padded, mask = pad_batch(texts, batch)
        input_ids, attention_mask = torch.from_numpy(padded), torch.from_numpy(mask)
        masked, chosen = mask_tokens(
            input_ids,
            ~is_special[input_ids] & attention_mask.bool(),
            mask_id=special.mask_id,
            vocab_size=special.vocab_size,
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


def _endless(
    lengths: NDArray[np.integer], rows: NDArray[np.integer], batch_tokens: int, rng: np.random.Generator
) -> Iterator[NDArray[np.integer]]:
    while True:
        yield from budgeted_batches(lengths, rows, batch_tokens, rng)


def _groups(model: nn.Module, learning_rate: float, weight_decay: float) -> list[dict[str, object]]:
    decayed = [p for name, p in model.named_parameters() if is_decayed(name, p)]
    others = [p for name, p in model.named_parameters() if not is_decayed(name, p)]
    return [
        {"params": decayed, "lr": learning_rate, "weight_decay": weight_decay},
        {"params": others, "lr": learning_rate, "weight_decay": 0.0},
    ]
