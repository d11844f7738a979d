"""Go on with masked-language modelling on the competition's text: `python -m stages.post_train tiny-bert`.

A run that was killed goes on where it was: the tokenised text and, every few minutes, the state of training are kept
in .scratch/ under a hash of everything that determines the result.
"""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage, say

TOY_DOCUMENTS = 400  # a toy run reads so many


def main(name: Annotated[str, typer.Argument(help="A name under `encoders` in params.yaml.")]) -> None:
    """Write models/encoders/NAME/, with step checkpoints inside."""
    import shutil
    from itertools import islice

    from transformers import AutoConfig, AutoModelForMaskedLM, AutoTokenizer

    import pipeline.models.nezha  # noqa: F401  (registers NEZHA with AutoModel)
    from pipeline import registry
    from pipeline.artifacts.atomic import atomic_folder
    from pipeline.artifacts.paths import ALIGNED, ENCODERS, HISTORY
    from pipeline.artifacts.scratch import scratch_folder
    from pipeline.artifacts.tables import write_history
    from pipeline.config import load_params
    from pipeline.data.corpus import stream_texts
    from pipeline.models.dropout import set_dropout
    from pipeline.runtime.devices import available_devices
    from pipeline.runtime.torch_setup import set_up_torch
    from pipeline.training.encoder import describe_curve, train_encoder

    params = load_params()
    entry = params.entry("encoders", name)
    settings, aligned, corpus = entry.post_train, ALIGNED / name, Path(entry.corpus)
    device = available_devices(params.runtime.threads)[0]
    scratch = scratch_folder(
        f"post_train-{name}",
        [aligned, corpus],
        {**settings.model_dump(), **params.runtime.model_dump(), "device": device.partition(":")[0], "toy": params.toy},
        ["stages.post_train", registry.module_of("masking", settings.masking["name"])],
    )
    set_up_torch(params.runtime.threads, params.runtime.seed)
    config = AutoConfig.from_pretrained(aligned, local_files_only=True)
    set_dropout(config, settings.dropout)
    with atomic_folder(ENCODERS / name) as folder:
        history = train_encoder(
            AutoModelForMaskedLM.from_pretrained(aligned, config=config, local_files_only=True, dtype="float32"),
            AutoTokenizer.from_pretrained(aligned, local_files_only=True),
            islice(stream_texts(corpus, what=f"tokenise {name}"), TOY_DOCUMENTS if params.toy else None),
            folder,
            scratch,
            settings.model_dump(),
            precision=params.runtime.precision,
            device=device,
            seed=params.runtime.seed,
            what=f"post-train {name}",
        )
    write_history(HISTORY / "post_train" / f"{name}.csv", history)
    shutil.rmtree(scratch)
    say(f"{name}: {describe_curve(history, settings.early_stop)}: {ENCODERS / name}/")


if __name__ == "__main__":
    run_stage(main)
