"""Go on with masked-language modelling on the competition's text."""

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from transformers import AutoConfig, AutoModelForMaskedLM, AutoTokenizer

import pipeline.models.nezha  # noqa: F401  (registers NEZHA with AutoModel)
from pipeline.artifacts.paths import ALIGNED, ENCODERS, HISTORY
from pipeline.data.corpus import stream_texts
from pipeline.models.dropout import set_dropout
from pipeline.runtime.devices import usable_devices
from pipeline.runtime.messages import say
from pipeline.runtime.scratch import alone, is_kept, keep_folder, mark_published, scratch_folder
from pipeline.runtime.torch_setup import set_up_torch
from pipeline.training.encoder import publish_encoder, train_encoder

if TYPE_CHECKING:
    from pipeline.plan.entries import Entry

TOY_DOCUMENTS = 400  # a toy run reads so many


def run(entry: "Entry") -> None:
    """Post-train one encoder, or publish what an earlier run has finished."""
    name, params = str(entry.key), entry.params
    encoder, device = params.encoders[name], usable_devices(gpu=True)[0]
    settings = {**entry.settings, "device": device.partition(":")[0]}
    scratch = scratch_folder(f"post_train-{name}", [ALIGNED / name, Path(encoder.corpus)], settings, entry.code)
    kept, what = scratch / "encoder", f"post-train {name}"
    with alone(scratch, what):
        if not is_kept(kept, what):
            with keep_folder(kept) as folder:
                _train_into(folder, entry, scratch, device, what)
        curve, early_stop = HISTORY / "post_train" / f"{name}.csv", encoder.post_train.early_stop
        result = publish_encoder(kept, ENCODERS / name, curve, early_stop)
        mark_published(scratch, f"post_train@{name}")
    say(f"{name}: {result}: {ENCODERS / name}/")


def _train_into(folder: Path, entry: "Entry", scratch: Path, device: str, what: str) -> None:
    name, params = str(entry.key), entry.params
    encoder, aligned = params.encoders[name], ALIGNED / name
    set_up_torch(params.runtime.threads, params.runtime.seed)
    config = AutoConfig.from_pretrained(aligned, local_files_only=True)
    set_dropout(config, encoder.post_train.dropout)
    train_encoder(
        AutoModelForMaskedLM.from_pretrained(aligned, config=config, local_files_only=True, dtype="float32"),
        AutoTokenizer.from_pretrained(aligned, local_files_only=True),
        islice(stream_texts(Path(encoder.corpus), what=f"tokenise {name}"), TOY_DOCUMENTS if params.toy else None),
        folder,
        scratch,
        dict(entry.settings["encoders"][name]["post_train"]),
        precision=params.runtime.precision,
        device=device,
        seed=params.runtime.seed,
        what=what,
    )
