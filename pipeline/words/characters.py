"""Words are single characters, as Chinese is read without a dictionary."""

import re
from collections.abc import Sequence

from pipeline.artifacts.atomic import write_json
from pipeline.words.segmenter import FILE, Segmenter
from pipeline.words.unspaced import NEEDS_SPACE, join_words

WORD = re.compile(rf"{NEEDS_SPACE.pattern}+|\S")


def characters(texts: Sequence[str]) -> Segmenter:
    """A segmenter whose words are characters, but for runs of letters and digits of scripts that use spaces.

    It learns nothing from `texts`.
    """
    return Segmenter(WORD.findall, join_words, lambda folder: write_json(folder / FILE, {"name": "characters"}))
