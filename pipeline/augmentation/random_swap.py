"""Words that change places (Wei and Zou 2019)."""

import numpy as np

from pipeline.augmentation.inputs import AugmentationInputs, change_words


def random_swap(inputs: AugmentationInputs, *, share: float) -> list[str]:
    """Each text with pairs of its words swapped, as many times as `share` of its words: → [N]."""
    return change_words(inputs, share, swap)


def swap(words: list[str], n: int, rng: np.random.Generator) -> list[str]:
    """Swap two words at different places, n times."""
    for _ in range(n if len(words) > 1 else 0):
        a, b = rng.choice(len(words), 2, replace=False)
        words[a], words[b] = words[b], words[a]
    return words
