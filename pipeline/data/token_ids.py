"""Texts as the token ids of a Hugging Face tokenizer, for transformers."""

from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.data.batches import TokenizedTexts, tokenize


def load_token_reader(folder: Path, max_length: int) -> Callable[[Sequence[str]], TokenizedTexts]:
    """What makes token ids of texts, by the tokenizer of an encoder's directory, cut to `max_length` tokens."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return lambda texts: tokenize(tokenizer, texts, max_length)
