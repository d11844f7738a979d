"""Fetch a checkpoint from the model hub: `python -m stages.download roberta`.

Only the files that Conclave reads are fetched, at the pinned revision. After this the hub is never needed again.
"""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.runtime.cli import run_stage, say

if TYPE_CHECKING:
    from pipeline.plan.entries import Entry

FILES = ["*.json", "*.txt", "*.model", "model.safetensors", "model-*.safetensors", "pytorch_model*.bin"]


def main(name: Annotated[str, typer.Argument(help="A name under `hub` in params.yaml.")]) -> None:
    """Write models/pretrained/NAME/."""
    from pipeline.plan.current import run_entry

    run_entry(run, "download", name)


def run(entry: "Entry") -> None:
    """Fetch one checkpoint and check that it is whole."""
    from pipeline.artifacts.atomic import atomic_folder
    from pipeline.artifacts.checkpoint import check_checkpoint, fetch_checkpoint
    from pipeline.artifacts.paths import PRETRAINED

    name = str(entry.key)
    source = entry.params.hub[name]
    with atomic_folder(PRETRAINED / name) as folder:
        fetch_checkpoint(source.repo, source.revision, FILES, folder)
        check_checkpoint(folder, f"hub.{name}")
        files = sorted(file.name for file in folder.iterdir())
    say(f"{name}: {source.repo} at {source.revision[:12]}: {', '.join(files)}: {PRETRAINED / name}/")


if __name__ == "__main__":
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "0"  # the one stage whose loading bar is worth watching
    run_stage(main)
