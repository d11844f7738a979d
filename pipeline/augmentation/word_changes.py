"""Methods that change single words: swapped, left out, said twice, replaced by synonyms (Wei and Zou 2019)."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.artifacts.require import require_file
from pipeline.augmentation.inputs import AugmentationInputs, change_words
from pipeline.errors import UserError
from pipeline.vectors.word2vec import nearest, read_word_vectors
from pipeline.words.segmenter import load_segmenter


def random_swap(inputs: AugmentationInputs, *, share: float) -> list[str]:
    """Swap two words of each text, as many times as `share` of its words: → [N]."""
    return change_words(inputs, share, swap)


def swap(words: list[str], n: int, rng: np.random.Generator) -> list[str]:
    """Swap two words at different places, n times."""
    for _ in range(n if len(words) > 1 else 0):
        a, b = rng.choice(len(words), 2, replace=False)
        words[a], words[b] = words[b], words[a]
    return words


def random_delete(inputs: AugmentationInputs, *, share: float) -> list[str]:
    """Leave `share` of its words out of each text, at least one and never all: → [N]."""
    return change_words(inputs, share, delete)


def delete(words: list[str], n: int, rng: np.random.Generator) -> list[str]:
    """Leave n words out, or all but one where there are no more than n."""
    n_left_out = max(min(n, len(words) - 1), 0)
    left_out = rng.choice(len(words), n_left_out, replace=False).tolist() if words else []
    return [word for index, word in enumerate(words) if index not in left_out]


def random_insert(inputs: AugmentationInputs, *, share: float) -> list[str]:
    """Draw `share` of each text's words, and put them into the text again at random places: → [N].

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


def synonym_replacement(inputs: AugmentationInputs, *, share: float, neighbors: int, threshold: float) -> list[str]:
    """Replace `share` of each text's words by synonyms, as far as enough words have any: → [N].

    Where `inputs.source` is a file, the file holds the synonyms, one group a line. Where `inputs.source` is a folder
    of word vectors, the `neighbors` nearest words with a cosine of `threshold` or more are synonyms, and texts are cut
    into words as for the vectors.
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


def read_synonyms(path: Path) -> dict[str, list[str]]:
    """Read each word's synonyms from a UTF-8 file with one group of synonyms a line, white space between words.

    A word of several groups has the synonyms of all, in the order of the file. Raises UserError for a missing file,
    a file that is not UTF-8, and a file without a group.
    """
    require_file(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 ({error}); synonyms are text, one group a line") from None
    synonyms: dict[str, dict[str, None]] = {}
    for group in (dict.fromkeys(line.split()) for line in lines):
        for word in group if len(group) > 1 else ():
            synonyms.setdefault(word, {}).update({other: None for other in group if other != word})
    if not synonyms:
        raise UserError(f"{path}: no line holds two words; synonyms stand one group a line, with spaces between them")
    return {word: list(others) for word, others in synonyms.items()}


def neighbours(folder: Path, words: Iterable[str], n: int, threshold: float) -> dict[str, list[str]]:
    """Find the up to `n` nearest words, of a cosine of `threshold` or more, of each of `words` that has a vector.

    Raises UserError where the folder holds no word vectors.
    """
    known = read_word_vectors(folder)
    row = {word: index for index, word in enumerate(known.words)}
    asked = [word for word in dict.fromkeys(words) if word in row]
    found = nearest(known.vectors, [row[word] for word in asked], n, threshold)
    return {word: [known.words[near] for near in rows] for word, rows in zip(asked, found, strict=True) if rows}
