"""Hide the words of a text behind numbers, as competitions do whose texts must not be read."""

from collections.abc import Iterable, Sequence

import numpy as np

from pipeline.data.stackdocs.prose import is_word


def draw_vocabulary(texts: Iterable[Sequence[str]], seed: int) -> dict[str, str]:
    """Draw a number for each of V distinct words, without repetition from 0 to V - 1: → number of each word.

    Numbers say nothing of a word's frequency or place in the alphabet. Punctuation marks have no number: they
    stay plain.
    """
    words = sorted({token for text in texts for token in text if is_word(token)})
    numbers = np.random.default_rng(seed).permutation(len(words))
    return {word: str(number) for word, number in zip(words, numbers, strict=True)}


def anonymise(tokens: Sequence[str], vocabulary: dict[str, str]) -> str:
    """Return a text with every word of the vocabulary replaced by its number, tokens separated by spaces."""
    return " ".join(vocabulary.get(token, token) for token in tokens)
