"""Word vectors learnt from the corpus (word2vec: Mikolov et al. 2013), kept as plain files."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from pipeline.artifacts.atomic import read_json, write_json, write_text
from pipeline.artifacts.require import require_file
from pipeline.vectors.training import train_word2vec
from pipeline.words.segmenter import load_segmenter, make_segmenter


class WordVectors(NamedTuple):
    """V words, most frequent first, with their vectors [V, D] and inverse document frequencies [V]."""

    words: list[str]
    vectors: NDArray[np.float32]
    idf: NDArray[np.float32]


def fit(texts: Sequence[str], settings: dict[str, Any], folder: Path) -> str:
    """Train on texts and fill an existing folder with words.txt, vectors.npy and idf.npy; → a line for the log.

    `settings`: segment, dimensions, window, min_count, epochs, negative, skip_gram, weighting, seed. Raises UserError
    where no word is frequent enough.
    """
    segmenter = make_segmenter(settings["segment"], texts)
    sentences = [segmenter.split(text) for text in texts]
    keys = ("dimensions", "window", "min_count", "epochs", "negative", "skip_gram", "seed")
    words, vectors = train_word2vec(sentences, **{key: settings[key] for key in keys})
    write_json(folder / "settings.json", settings)
    write_text(folder / "words.txt", "".join(f"{word}\n" for word in words))
    np.save(folder / "vectors.npy", vectors)
    np.save(folder / "idf.npy", _idf(sentences, words))
    segmenter.save(folder)
    return f"{len(words)} words of {vectors.shape[1]} dimensions"


def read_word_vectors(folder: Path) -> WordVectors:
    """Read the word vectors that `fit` wrote. Raises UserError where the folder holds no word vectors."""
    for name in ("words.txt", "vectors.npy", "idf.npy"):
        require_file(folder / name)
    words = (folder / "words.txt").read_text(encoding="utf-8").split("\n")[:-1]
    vectors, idf = (np.load(folder / name, allow_pickle=False) for name in ("vectors.npy", "idf.npy"))
    return WordVectors(words, vectors, idf)


def load_transform(folder: Path) -> Callable[[Sequence[str]], NDArray[np.float32]]:
    """Load the function from texts to the mean [N, D] of each text's word vectors, weighted by idf if settings say so.

    A word counts as often as the text has it; unknown words do not count, and a text of nothing else is all zeros.
    """
    words, vectors, idf = read_word_vectors(folder)
    table = vectors.astype(np.float64)
    split = load_segmenter(folder).split
    by_idf = read_json(folder / "settings.json")["weighting"] == "idf"

    def read(texts: Sequence[str]) -> NDArray[np.float32]:
        counts = _count(map(split, texts), words)
        if by_idf:
            counts = csr_matrix(counts.multiply(idf))
        totals = np.asarray(counts.sum(axis=1), dtype=np.float64)
        means: NDArray[np.float32] = (counts @ table / np.where(totals, totals, 1)).astype(np.float32)
        return means

    return read


def nearest(vectors: NDArray[np.float32], rows: Sequence[int], n: int, threshold: float) -> list[list[int]]:
    """Find, for each of `rows`, up to `n` other rows of `vectors` with a cosine of `threshold` or more, nearest first.

    Of equal cosines the lower row comes first. A block of rows at a time: [1024, V] floats.
    """
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    units = vectors / np.where(norms, norms, 1)
    found: list[list[int]] = []
    for start in range(0, len(rows), 1024):
        block = np.asarray(rows[start : start + 1024], dtype=np.int64)
        cosines = units[block] @ units.T
        cosines[np.arange(len(block)), block] = -np.inf
        for row in cosines:
            near = np.flatnonzero(row >= threshold)
            found.append(near[np.argsort(-row[near], kind="stable")][:n].tolist())
    return found


def _count(sentences: Any, words: Sequence[str]) -> csr_matrix:
    """Count how often each known word stands in each sentence: → sparse [N, V]."""
    column = {word: index for index, word in enumerate(words)}
    indices, ends = [], [0]
    for sentence in sentences:
        indices += [column[word] for word in sentence if word in column]
        ends.append(len(indices))
    matrix = csr_matrix((np.ones(len(indices)), indices, ends), shape=(len(ends) - 1, len(words)))
    matrix.sum_duplicates()
    return matrix


def _idf(sentences: Sequence[Sequence[str]], words: Sequence[str]) -> NDArray[np.float32]:
    """Compute the IDF ln((1 + N) / (1 + n)) + 1, of N documents and n with the word, as in scikit-learn: → [V]."""
    documents = np.bincount(_count(sentences, words).indices, minlength=len(words))
    idf: NDArray[np.float32] = (np.log((1 + len(sentences)) / (1 + documents)) + 1).astype(np.float32)
    return idf
