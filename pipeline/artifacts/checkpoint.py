"""Checkpoints in the form of Hugging Face: fetched from the model hub, checked to be whole, and saved."""

import shutil
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pipeline.errors import UserError

SAFETENSORS = ("model.safetensors", "model.safetensors.index.json")
PICKLED = ("pytorch_model.bin", "pytorch_model.bin.index.json")
TOKENIZERS = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "spiece.model",
    "sentencepiece.bpe.model",
    "spm.model",
)
NEEDED = {"configuration": ("config.json",), "weights": SAFETENSORS + PICKLED, "tokenizer": TOKENIZERS}


def fetch_checkpoint(repo: str, revision: str, patterns: Sequence[str], folder: Path) -> None:
    """Download the files of `repo` at `revision` that match `patterns` into an existing folder.

    Safetensors are preferred: pickled weights are left out where the repository has both. Raises UserError
    where the hub cannot be reached or has no such repository or revision.
    """
    from huggingface_hub import snapshot_download

    try:
        snapshot = Path(snapshot_download(repo, revision=revision, allow_patterns=list(patterns)))
    except Exception as error:  # the classes differ between versions of the hub's client and its HTTP library
        reason = (str(error).strip() or type(error).__name__).split("\n")[0]
        raise UserError(
            f"{repo} at {revision}: could not be downloaded ({reason}). Check `repo` and `revision` under `hub` "
            "in params.yaml and the connection, or download it elsewhere and name its directory in "
            "`encoders.<name>.from`"
        ) from None
    # The client's own cache may hold more of this revision than was asked for here.
    wanted = [
        file
        for file in sorted(snapshot.iterdir())
        if file.is_file() and any(fnmatchcase(file.name, pattern) for pattern in patterns)
    ]
    has_safetensors = any(file.name in SAFETENSORS for file in wanted)
    for file in wanted:
        if not (has_safetensors and file.name.startswith("pytorch_model")):
            shutil.copyfile(file, folder / file.name)


def check_checkpoint(folder: Path, key: str) -> None:
    """Raise UserError unless the folder holds a configuration, weights and a tokenizer."""
    names = {file.name for file in folder.iterdir()}
    for what, allowed in NEEDED.items():
        if not names.intersection(allowed):
            found = ", ".join(sorted(names)) or "nothing"
            raise UserError(f"{key}: the checkpoint has no {what} ({' or '.join(allowed)}); found: {found}")


def save_encoder(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write model and tokenizer so that `AutoModel` and `AutoTokenizer` load them from `folder`."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
