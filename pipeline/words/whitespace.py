"""Words are what stands between white space, so that number tokens and punctuation count as they are."""

from collections.abc import Sequence

from pipeline.artifacts.atomic import write_json
from pipeline.words.segmenter import FILE, Segmenter


def whitespace(texts: Sequence[str]) -> Segmenter:
    """A segmenter that splits at white space and joins with single spaces; it learns nothing from `texts`."""
    return Segmenter(str.split, " ".join, lambda folder: write_json(folder / FILE, {"name": "whitespace"}))
