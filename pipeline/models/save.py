"""Keep an encoder as a normal Hugging Face directory."""

from pathlib import Path
from typing import Any


def save_encoder(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write model and tokenizer so that `AutoModel` and `AutoTokenizer` load them from `folder`."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
