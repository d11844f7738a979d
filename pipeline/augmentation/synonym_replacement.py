"""Words that give way to synonyms (Wei and Zou 2019)."""

from dataclasses import replace

import numpy as np

from pipeline.augmentation.inputs import AugmentationInputs, change_words
from pipeline.augmentation.synonyms import neighbours, read_synonyms
from pipeline.words.segmenter import load_segmenter


def synonym_replacement(inputs: AugmentationInputs, *, share: float, neighbors: int, threshold: float) -> list[str]:
    """Each text with `share` of its words, of those that have any, replaced by synonyms: → [N].

    Where `inputs.source` is a file, it holds the synonyms, one group a line. Where it is a folder of word vectors, the
    `neighbors` nearest words with a cosine of `threshold` or more are synonyms, and words are what they are there.
    Neighbours in vectors stand in like places, so a word's opposite may be among them.
    """
    if inputs.source.is_dir():
        inputs = replace(inputs, segmenter=load_segmenter(inputs.source))
        words = (word for text in inputs.texts for word in inputs.segmenter.split(text))
        synonyms = neighbours(inputs.source, words, neighbors, threshold)
    else:
        synonyms = read_synonyms(inputs.source)

    def replace_some(words: list[str], n: int, rng: np.random.Generator) -> list[str]:
        places = [index for index, word in enumerate(words) if word in synonyms]
        for place in rng.permutation(places).astype(int)[:n]:
            others = synonyms[words[place]]
            words[place] = others[rng.integers(len(others))]
        return words

    return change_words(inputs, share, replace_some)
