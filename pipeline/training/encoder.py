"""Train an encoder on text and keep it as Hugging Face directories: pretraining and post-training alike."""

import copy
import shutil
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import registry
from pipeline.artifacts.atomic import atomic_folder, atomic_path
from pipeline.artifacts.checkpoint import save_encoder
from pipeline.artifacts.checksums import is_intact
from pipeline.data.token_store import TokenStore, open_token_store, write_token_store
from pipeline.errors import UserError
from pipeline.models.attention import use_fastest_attention
from pipeline.models.positions import check_max_length
from pipeline.runtime.scratch import copy_kept, drop_file, is_kept, keep_folder
from pipeline.training.masked_lm import train_masked_lm
from pipeline.training.masked_lm_loss import MaskingIds
from pipeline.vocab.word_starts import find_word_starts

# Settings that are not arguments of `train_masked_lm`.
OWN = ("max_length", "checkpoints", "dropout", "masking")
CURVE = "curve.csv"  # beside the encoder, until it is published


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
    """Run masked-language modelling on `texts` and save the encoder, its tokenizer and its curve into a folder.

    A checkpoint of step n becomes the directory `step-<n>` inside that folder, an encoder of its own; where training
    ended before step n, it is the encoder that training ended with. `settings` are the arguments of `train_masked_lm`,
    `max_length`, and `masking`, a piece.

    `scratch` keeps the tokenised texts, the finished checkpoints and the state of training. A call that finds a
    state there goes on with it, so `scratch` must be of the same texts, model and settings; the caller removes it.

    Returns the learning curve: step, loss, held_out_loss.

    Raises UserError where the encoder has no positions for texts of `max_length` tokens, and where a checkpoint that
    was finished is gone: training then has to begin anew, and does so at the next call.
    """
    check_max_length(model.base_model, settings["max_length"], what)
    use_fastest_attention(model)
    masking = dict(settings["masking"])
    units = partial(registry.load("masking", masking.pop("name")), **masking)
    special_ids = tuple(sorted(set(tokenizer.all_special_ids)))

    state_file = scratch / "state.pt"
    checkpoints = [scratch / f"step-{step}" for step in settings["checkpoints"]]
    damaged = [checkpoint for checkpoint in checkpoints if checkpoint.exists() and not is_intact(checkpoint)]
    if damaged:
        drop_file(state_file)  # first: a step that training has passed comes again only from the beginning
    for checkpoint in damaged:
        is_kept(checkpoint, what)  # which removes it and says so

    def save_checkpoint(step: int) -> None:
        with keep_folder(scratch / f"step-{step}") as new:
            save_encoder(model, tokenizer, new)

    curve = train_masked_lm(
        model,
        _tokenize(scratch / "tokens", tokenizer, texts, settings["max_length"], what),
        MaskingIds(tokenizer.mask_token_id, special_ids, find_word_starts(tokenizer)),
        units,
        checkpoints=settings["checkpoints"],
        precision=precision,
        device=device,
        seed=seed,
        save_checkpoint=save_checkpoint,
        state_file=state_file,
        what=what,
        **{key: value for key, value in settings.items() if key not in OWN},
    )
    save_encoder(model, tokenizer, folder)
    last = curve[-1].step if curve else 0
    for step in settings["checkpoints"]:
        name = f"step-{step}"
        if step > last:  # training ended before it
            save_encoder(model, tokenizer, folder / name)
        elif is_kept(scratch / name, what):
            copy_kept(scratch / name, folder / name)
        else:
            drop_file(state_file)
            raise UserError(f"{what}: the checkpoint of step {step} is gone from {scratch}; run the stage again")
    table = pd.DataFrame(curve, columns=["step", "loss", "held_out_loss"])
    table.to_csv(folder / CURVE, index=False, lineterminator="\n")
    return table


def publish_encoder(kept: Path, folder: Path, curve_file: Path, early_stop: int | None) -> str:
    """Copy an encoder that `train_encoder` saved, and its curve, to where later stages read them.

    Returns `describe_curve` of that curve.
    """
    with atomic_folder(folder) as new, atomic_path(curve_file) as curve:
        copy_kept(kept, new, leave_out=[CURVE])
        shutil.copyfile(kept / CURVE, curve)
    return describe_curve(pd.read_csv(curve_file), early_stop)


def describe_curve(curve: pd.DataFrame, early_stop: int | None) -> str:
    """Describe in words the held-out loss of the weights that training ended with, and the step of these weights."""
    if curve.empty:
        return "not trained"
    kept = len(curve) - 1 if early_stop is None else int(curve["held_out_loss"].argmin())
    return f"held-out loss {curve['held_out_loss'].iloc[kept]:.4f} at step {curve['step'].iloc[kept]}"


def _tokenize(folder: Path, tokenizer: Any, texts: Iterable[str], max_length: int, what: str) -> TokenStore:
    """Tokenise the texts, once: the tokens that an earlier call left in the folder are taken."""
    if not is_kept(folder, what):
        with keep_folder(folder) as new:
            # A copy: a tokenizer keeps, and is saved with, the truncation that it was last called with.
            write_token_store(new, copy.deepcopy(tokenizer), texts, max_length)
    return open_token_store(folder)
