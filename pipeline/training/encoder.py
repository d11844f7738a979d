"""Train an encoder on text and keep it as Hugging Face directories: pretraining and post-training alike."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.data.batches import tokenize_chunks
from pipeline.models.positions import check_max_length
from pipeline.models.save import save_encoder
from pipeline.training.masked_lm import SpecialIds, train_masked_lm


def train_encoder(
    model: Any,
    tokenizer: Any,
    texts: Sequence[str],
    folder: Path,
    settings: Mapping[str, Any],
    *,
    precision: str,
    device: str,
    seed: int,
    what: str,
) -> pd.DataFrame:
    """Run masked-language modelling on `texts` and save the encoder, with its tokenizer, into an existing folder.

    A checkpoint of step n becomes the directory `step-<n>` inside it, an encoder of its own. Checkpoints past the
    last step are the last step. `settings` are the arguments of `train_masked_lm` and `max_length`.

    Returns the learning curve: step, loss, held_out_loss.

    Raises UserError where the encoder has no positions for texts of `max_length` tokens.
    """
    check_max_length(model.base_model, settings["max_length"], what)
    steps = settings["steps"]
    named = {min(step, steps): [] for step in settings["checkpoints"]}  # type: dict[int, list[int]]
    for step in settings["checkpoints"]:
        named[min(step, steps)].append(step)

    def save_checkpoint(step: int) -> None:
        for name in named[step]:
            save_encoder(model, tokenizer, folder / f"step-{name}")

    if 0 in named:
        save_checkpoint(0)
    curve = train_masked_lm(
        model,
        tokenize_chunks(tokenizer, texts, settings["max_length"]),
        SpecialIds(tokenizer.mask_token_id, len(tokenizer), tuple(sorted(set(tokenizer.all_special_ids)))),
        checkpoints=list(named),
        precision=precision,
        device=device,
        seed=seed,
        save_checkpoint=save_checkpoint,
        what=what,
        **{key: settings[key] for key in settings if key not in ("max_length", "checkpoints", "dropout")},
    )
    save_encoder(model, tokenizer, folder)
    return pd.DataFrame(curve, columns=["step", "loss", "held_out_loss"])
