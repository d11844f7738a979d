"""Train an encoder on text and keep it as Hugging Face directories: pretraining and post-training alike."""

import copy
import shutil
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import registry
from pipeline.artifacts.atomic import atomic_folder
from pipeline.data.token_store import TokenStore, open_token_store, write_token_store
from pipeline.models.attention import use_fastest_attention
from pipeline.models.positions import check_max_length
from pipeline.models.save import save_encoder
from pipeline.training.masked_lm import train_masked_lm
from pipeline.training.masked_lm_loss import MaskingIds
from pipeline.vocab.word_starts import find_word_starts

# Settings that are not arguments of `train_masked_lm`.
OWN = ("max_length", "checkpoints", "dropout", "masking")


def train_encoder(
    model: Any,
    tokenizer: Any,
    texts: Iterable[str],
    folder: Path,
    scratch: Path,
    settings: Mapping[str, Any],
    *,
    precision: str,
    device: str,
    seed: int,
    what: str,
) -> pd.DataFrame:
    """Run masked-language modelling on `texts` and save the encoder, with its tokenizer, into an existing folder.

    A checkpoint of step n becomes the directory `step-<n>` inside it, an encoder of its own; where training ended
    before step n, it is the encoder that training ended with. `settings` are the arguments of `train_masked_lm`,
    `max_length`, and `masking`, a piece.

    `scratch` keeps the tokenised texts, the finished checkpoints and the state of training. A call that finds one
    there goes on with it, so it must be of the same texts, model and settings; whoever calls removes it.

    Returns the learning curve: step, loss, held_out_loss.

    Raises UserError where the encoder has no positions for texts of `max_length` tokens.
    """
    check_max_length(model.base_model, settings["max_length"], what)
    use_fastest_attention(model)
    masking = dict(settings["masking"])
    units = partial(registry.load("masking", masking.pop("name")), **masking)
    special_ids = tuple(sorted(set(tokenizer.all_special_ids)))

    def save_checkpoint(step: int) -> None:
        with atomic_folder(scratch / f"step-{step}") as checkpoint:
            save_encoder(model, tokenizer, checkpoint)

    curve = train_masked_lm(
        model,
        _tokenize(scratch, tokenizer, texts, settings["max_length"]),
        MaskingIds(tokenizer.mask_token_id, special_ids, find_word_starts(tokenizer)),
        units,
        checkpoints=settings["checkpoints"],
        precision=precision,
        device=device,
        seed=seed,
        save_checkpoint=save_checkpoint,
        state_file=scratch / "state.pt",
        what=what,
        **{key: value for key, value in settings.items() if key not in OWN},
    )
    save_encoder(model, tokenizer, folder)
    for step in settings["checkpoints"]:
        name = f"step-{step}"
        if (scratch / name).exists():
            shutil.copytree(scratch / name, folder / name)
        else:
            save_encoder(model, tokenizer, folder / name)
    return pd.DataFrame(curve, columns=["step", "loss", "held_out_loss"])


def describe_curve(curve: pd.DataFrame, early_stop: int | None) -> str:
    """In words: the held-out loss of the weights that training ended with, and the step they are of."""
    if curve.empty:
        return "not trained"
    kept = len(curve) - 1 if early_stop is None else int(curve["held_out_loss"].argmin())
    return f"held-out loss {curve['held_out_loss'].iloc[kept]:.4f} at step {curve['step'].iloc[kept]}"


def _tokenize(scratch: Path, tokenizer: Any, texts: Iterable[str], max_length: int) -> TokenStore:
    """The texts tokenised, once: what an earlier call left in the scratch folder is taken."""
    folder = scratch / "tokens"
    if not folder.exists():
        with atomic_folder(folder) as new:
            # A copy: a tokenizer keeps, and is saved with, the truncation that it was last called with.
            write_token_store(new, copy.deepcopy(tokenizer), texts, max_length)
    return open_token_store(folder)
