"""Copies of a table's rows with their texts changed."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from pipeline.augmentation.inputs import AugmentationInputs, stream
from pipeline.words.segmenter import Segmenter


def make_copies(
    row_ids: Sequence[str],
    texts: Sequence[str],
    method: Callable[[AugmentationInputs], list[str]],
    *,
    segmenter: Segmenter,
    source: Path,
    copies: int,
    seed: int,
) -> pd.DataFrame:
    """Apply a method `copies` times to every row: → a table of row_id, copy (from 0) and text, copy by copy.

    A copy that equals its row's text, or an earlier copy of the row, is left out, and so is an empty one.
    """
    seen = {row_id: {text, ""} for row_id, text in zip(row_ids, texts, strict=True)}
    rows = []
    for copy in range(copies):
        streams = [stream(seed, row_id, copy) for row_id in row_ids]
        changed = method(AugmentationInputs(texts, streams, segmenter, source))
        for row_id, text in zip(row_ids, changed, strict=True):
            if text.strip() and text not in seen[row_id]:
                seen[row_id].add(text)
                rows.append((row_id, copy, text))
    return pd.DataFrame(rows, columns=["row_id", "copy", "text"]).astype({"row_id": str, "copy": "int64", "text": str})
