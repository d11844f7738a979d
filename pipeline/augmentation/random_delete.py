"""Words that are left out (Wei and Zou 2019)."""

import numpy as np

from pipeline.augmentation.inputs import AugmentationInputs, change_words


def random_delete(inputs: AugmentationInputs, *, share: float) -> list[str]:
    """Each text without `share` of its words, at least one and never all: → [N]."""
    return change_words(inputs, share, delete)


def delete(words: list[str], n: int, rng: np.random.Generator) -> list[str]:
    """Leave n words out, or all but one where there are no more than n."""
    n_left_out = max(min(n, len(words) - 1), 0)
    left_out = rng.choice(len(words), n_left_out, replace=False).tolist() if words else []
    return [word for index, word in enumerate(words) if index not in left_out]
