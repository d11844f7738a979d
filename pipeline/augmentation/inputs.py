"""What a method of augmentation works on, and the loop that most share."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.errors import UserError
from pipeline.words.segmenter import Segmenter


@dataclass(frozen=True)
class AugmentationInputs:
    """The inputs of a method of augmentation: N texts to change once.

    Attributes:
        texts: [N].
        streams: [N] random generators, one a text, that depend on nothing but the seed, the row's id and the copy.
        segmenter: what a word is.
        source: the file or folder that the entry starts from; what lies there is the method's to say.
    """

    texts: Sequence[str]
    streams: Sequence[np.random.Generator]
    segmenter: Segmenter
    source: Path


def stream(seed: int, row_id: str, copy: int) -> np.random.Generator:
    """Return the random stream of one copy of one row, which does not depend on other rows."""
    digest = hashlib.sha256(f"{seed}\0{copy}\0{row_id}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "little"))


def change_words(
    inputs: AugmentationInputs, share: float, change: Callable[[list[str], int, np.random.Generator], list[str]]
) -> list[str]:
    """Put `change(words, n, stream)` in place of each text's words, n being `share` of the words, at least 1: → [N].

    A text whose words stay as they are is returned unchanged. Raises UserError for a share out of range.
    """
    if not 0 < share <= 1:
        raise UserError(f"augment: share: got {share:g}, more than 0 and no more than 1 is allowed")
    changed = []
    for text, rng in zip(inputs.texts, inputs.streams, strict=True):
        words = inputs.segmenter.split(text)
        after = change(list(words), max(1, round(share * len(words))), rng)
        changed.append(text if after == words else inputs.segmenter.join(after))
    return changed
