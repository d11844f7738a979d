"""How long texts are in an encoder's tokens, and how many a member would cut."""

from collections.abc import Sequence
from typing import Any

import numpy as np

QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.99, 1.0)


def describe_token_lengths(tokenizer: Any, texts: Sequence[str], max_length: int) -> dict[str, float]:
    """Compute mean and quantiles of the texts' lengths in tokens, special ones included, and the share of longer texts.

    Longer are texts of more than `max_length` tokens.

    `tokenizer` is a Hugging Face tokenizer. Raises ValueError without a text.
    """
    if not texts:
        raise ValueError("no text to measure")
    encoded = tokenizer(
        list(texts),
        truncation=False,
        padding=False,
        return_attention_mask=False,
        return_token_type_ids=False,
        verbose=False,  # a warning for every text that is longer than the model reads
    )["input_ids"]
    lengths = np.array([len(ids) for ids in encoded])
    quantiles = {f"q{round(q * 100)}": int(np.quantile(lengths, q, method="lower")) for q in QUANTILES}
    cut = round(float((lengths > max_length).mean()), 6)
    return {"texts": len(lengths), "mean": round(float(lengths.mean()), 1), **quantiles, "cut_share": cut}
