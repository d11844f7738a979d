"""Fetch a checkpoint from the model hub."""

from typing import TYPE_CHECKING

from pipeline.artifacts.atomic import atomic_folder
from pipeline.artifacts.checkpoint import check_checkpoint, fetch_checkpoint
from pipeline.artifacts.paths import PRETRAINED
from pipeline.runtime.messages import say

if TYPE_CHECKING:
    from pipeline.plan.entries import Entry

FILES = ["*.json", "*.txt", "*.model", "model.safetensors", "model-*.safetensors", "pytorch_model*.bin"]


def run(entry: "Entry") -> None:
    """Fetch one checkpoint and check that it is whole."""
    name = str(entry.key)
    source = entry.params.hub[name]
    with atomic_folder(PRETRAINED / name) as folder:
        fetch_checkpoint(source.repo, source.revision, FILES, folder)
        check_checkpoint(folder, f"hub.{name}")
        files = sorted(file.name for file in folder.iterdir())
    say(f"{name}: {source.repo} at {source.revision[:12]}: {', '.join(files)}: {PRETRAINED / name}/")
