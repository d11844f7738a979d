"""Go on with masked-language modelling on the competition's text: `python -m stages.post_train tiny-bert`."""

from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage, say


def main(name: Annotated[str, typer.Argument(help="A name under `encoders` in params.yaml.")]) -> None:
    """Write models/encoders/NAME/, with step checkpoints inside."""
    from transformers import AutoConfig, AutoModelForMaskedLM, AutoTokenizer

    import pipeline.models.nezha  # noqa: F401  (registers NEZHA with AutoModel)
    from pipeline.artifacts.atomic import atomic_folder
    from pipeline.artifacts.paths import ALIGNED, CORPUS, ENCODERS, HISTORY
    from pipeline.artifacts.tables import read_table, write_history
    from pipeline.config import load_params
    from pipeline.models.dropout import set_dropout
    from pipeline.runtime.devices import available_devices
    from pipeline.runtime.torch_setup import set_up_torch
    from pipeline.training.encoder import train_encoder

    params = load_params()
    settings = params.entry("encoders", name).post_train
    set_up_torch(params.runtime.threads, params.runtime.seed)
    aligned = ALIGNED / name
    config = AutoConfig.from_pretrained(aligned, local_files_only=True)
    set_dropout(config, settings.dropout)
    with atomic_folder(ENCODERS / name) as folder:
        history = train_encoder(
            AutoModelForMaskedLM.from_pretrained(aligned, config=config, local_files_only=True, dtype="float32"),
            AutoTokenizer.from_pretrained(aligned, local_files_only=True),
            read_table(CORPUS, ["text"])["text"].tolist(),
            folder,
            settings.model_dump(),
            precision=params.runtime.precision,
            device=available_devices(params.runtime.threads)[0],
            seed=params.runtime.seed,
            what=f"post-train {name}",
        )
    write_history(HISTORY / "post_train" / f"{name}.csv", history)
    loss = f"held-out loss {history['held_out_loss'].iloc[-1]:.4f}" if len(history) else "not trained"
    say(f"{name}: {loss}: {ENCODERS / name}/")


if __name__ == "__main__":
    run_stage(main)
