"""A segmenter: how text is cut into words and words are put together, kept as plain files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import registry
from pipeline.artifacts.atomic import read_json

FILE = "segmentation.json"


@dataclass(frozen=True)
class Segmenter:
    """A word of the registry's `segmentation`, ready for use.

    Attributes:
        split: the words of a text, in order; none is empty or holds white space.
        join: a text of words, for words that were moved or replaced; `split` of it need not be the same words.
        save: writes what `load_segmenter` reads into an existing folder.
    """

    split: Callable[[str], list[str]]
    join: Callable[[Sequence[str]], str]
    save: Callable[[Path], None]


def make_segmenter(piece: dict[str, Any], texts: Sequence[str]) -> Segmenter:
    """The segmenter that a piece of params.yaml describes; what it learns, it learns from `texts`."""
    arguments = {key: value for key, value in piece.items() if key != "name"}
    segmenter: Segmenter = registry.load("segmentation", piece["name"])(texts, **arguments)
    return segmenter


def load_segmenter(folder: Path) -> Segmenter:
    """The segmenter that was saved into a folder. Raises UserError where there is none."""
    piece = read_json(folder / FILE)
    if piece.get("dictionary"):
        piece["dictionary"] = str(folder / piece["dictionary"])
    return make_segmenter(piece, [])
