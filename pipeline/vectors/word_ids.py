"""Texts as the numbers of their words, for encoders that are a table of word vectors."""

from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.artifacts.require import require_file
from pipeline.data.batches import TokenizedTexts, pack
from pipeline.words.segmenter import load_segmenter

PADDING, UNKNOWN, SPECIAL = 0, 1, 2  # rows of `pipeline.models.word_embeddings`, before that of the first word


def load_word_reader(folder: Path, max_length: int) -> Callable[[Sequence[str]], TokenizedTexts]:
    """Load a function from texts to word numbers, by the segmentation that a folder's word vectors were trained on.

    A text loses its end after `max_length` words; a text without any word becomes a single unknown word. The vectors
    themselves need not be there. Raises UserError where the folder holds no word vectors.
    """
    require_file(folder / "words.txt")
    words = (folder / "words.txt").read_text(encoding="utf-8").split("\n")[:-1]
    number = {word: index + SPECIAL for index, word in enumerate(words)}
    split = load_segmenter(folder).split

    def read(texts: Sequence[str]) -> TokenizedTexts:
        cut = (split(text)[:max_length] for text in texts)
        return pack([[number.get(word, UNKNOWN) for word in text] or [UNKNOWN] for text in cut], PADDING)

    return read
