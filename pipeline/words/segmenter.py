"""A segmenter: how text is cut into words and words are put together, kept as plain files.

Two need no dictionary: what stands between white space, and single characters, as Chinese is read without one.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import registry
from pipeline.artifacts.atomic import read_json, write_json

NEEDS_SPACE = re.compile(r"[^\W\u2e80-\U0003ffff]")  # letters and digits, but for those of scripts without spaces


def join_words(words: Sequence[str]) -> str:
    """Join words without spaces, but for a space between two words of letters or digits of scripts that use spaces."""
    text = ""
    for word in words:
        space = text and NEEDS_SPACE.match(text[-1]) and NEEDS_SPACE.match(word[0])
        text += f" {word}" if space else word
    return text


FILE = "segmentation.json"


@dataclass(frozen=True)
class Segmenter:
    """A way to cut texts into words and to join words, made of a word of the registry's `segmentation`.

    Attributes:
        split: the words of a text, in order; none is empty or holds white space.
        join: a text of words, for words that were moved or replaced; `split` of it need not be the same words.
        save: writes what `load_segmenter` reads into an existing folder.
    """

    split: Callable[[str], list[str]]
    join: Callable[[Sequence[str]], str]
    save: Callable[[Path], None]


def make_segmenter(piece: dict[str, Any], texts: Sequence[str]) -> Segmenter:
    """Make the segmenter that a piece of params.yaml describes; a segmenter that learns does so from `texts`."""
    arguments = {key: value for key, value in piece.items() if key != "name"}
    segmenter: Segmenter = registry.load("segmentation", piece["name"])(texts, **arguments)
    return segmenter


def load_segmenter(folder: Path) -> Segmenter:
    """Load the segmenter that was saved into a folder. Raises UserError where the folder holds none."""
    piece = read_json(folder / FILE)
    if piece.get("dictionary"):
        piece["dictionary"] = str(folder / piece["dictionary"])
    return make_segmenter(piece, [])


def whitespace(texts: Sequence[str]) -> Segmenter:
    """Make a segmenter that splits at white space and joins with single spaces; nothing is learned from `texts`."""
    return Segmenter(str.split, " ".join, lambda folder: write_json(folder / FILE, {"name": "whitespace"}))


WORD = re.compile(rf"{NEEDS_SPACE.pattern}+|\S")


def characters(texts: Sequence[str]) -> Segmenter:
    """Make a segmenter whose words are characters, but for runs of letters and digits of scripts that use spaces.

    Nothing is learned from `texts`.
    """
    return Segmenter(WORD.findall, join_words, lambda folder: write_json(folder / FILE, {"name": "characters"}))
