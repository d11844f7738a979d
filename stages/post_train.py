"""Go on with masked-language modelling on the competition's text: `python -m stages.post_train tiny-bert`.

A run that was killed goes on where it was: the tokenised text and, every few minutes, the state of training are kept
in .scratch/ under a hash of everything that determines the result.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.runtime.cli import run_stage, say

if TYPE_CHECKING:
    from pipeline.config import Params

TOY_DOCUMENTS = 400  # a toy run reads so many


def main(name: Annotated[str, typer.Argument(help="A name under `encoders` in params.yaml.")]) -> None:
    """Write models/encoders/NAME/, with step checkpoints inside."""
    from pipeline.artifacts.paths import ALIGNED, ENCODERS, HISTORY
    from pipeline.config import load_params
    from pipeline.plan.fingerprint import fingerprint, named, root
    from pipeline.runtime.devices import available_devices
    from pipeline.runtime.scratch import alone, is_kept, keep_folder, mark_published, scratch_folder
    from pipeline.training.encoder import publish_encoder

    params = load_params()
    entry = params.entry("encoders", name)
    settings, device = entry.post_train, available_devices(params.runtime.threads)[0]
    scratch = scratch_folder(
        f"post_train-{name}",
        [ALIGNED / name, Path(entry.corpus)],
        {**settings.model_dump(), **params.runtime.model_dump(), "device": device.partition(":")[0], "toy": params.toy},
        fingerprint(root("stages.post_train:_train_into"), named("masking", settings.masking["name"])),
    )
    kept, what = scratch / "encoder", f"post-train {name}"
    with alone(scratch, what):
        if not is_kept(kept, what):
            with keep_folder(kept) as folder:
                _train_into(folder, name, params, scratch, device, what)
        result = publish_encoder(kept, ENCODERS / name, HISTORY / "post_train" / f"{name}.csv", settings.early_stop)
        mark_published(scratch, f"post_train@{name}")
    say(f"{name}: {result}: {ENCODERS / name}/")


def _train_into(folder: Path, name: str, params: "Params", scratch: Path, device: str, what: str) -> None:
    from itertools import islice

    from transformers import AutoConfig, AutoModelForMaskedLM, AutoTokenizer

    import pipeline.models.nezha  # noqa: F401  (registers NEZHA with AutoModel)
    from pipeline.artifacts.paths import ALIGNED
    from pipeline.data.corpus import stream_texts
    from pipeline.models.dropout import set_dropout
    from pipeline.runtime.torch_setup import set_up_torch
    from pipeline.training.encoder import train_encoder

    entry, aligned = params.entry("encoders", name), ALIGNED / name
    set_up_torch(params.runtime.threads, params.runtime.seed)
    config = AutoConfig.from_pretrained(aligned, local_files_only=True)
    set_dropout(config, entry.post_train.dropout)
    train_encoder(
        AutoModelForMaskedLM.from_pretrained(aligned, config=config, local_files_only=True, dtype="float32"),
        AutoTokenizer.from_pretrained(aligned, local_files_only=True),
        islice(stream_texts(Path(entry.corpus), what=f"tokenise {name}"), TOY_DOCUMENTS if params.toy else None),
        folder,
        scratch,
        entry.post_train.model_dump(),
        precision=params.runtime.precision,
        device=device,
        seed=params.runtime.seed,
        what=what,
    )


if __name__ == "__main__":
    run_stage(main)
