"""Words that are said once more, elsewhere."""

import numpy as np

from pipeline.augmentation.inputs import AugmentationInputs, change_words


def random_insert(inputs: AugmentationInputs, *, share: float) -> list[str]:
    """Each text with `share` of its words, drawn from itself, put in again at random places: → [N].

    Wei and Zou (2019) put in synonyms; a word of the same text asks for no dictionary.
    """
    return change_words(inputs, share, insert)


def insert(words: list[str], n: int, rng: np.random.Generator) -> list[str]:
    """Put n words, drawn from the given ones, in at places drawn one after the other."""
    longer = list(words)
    for _ in range(n if words else 0):
        word = words[rng.integers(len(words))]
        longer.insert(int(rng.integers(len(longer) + 1)), word)
    return longer
