"""TF-IDF features, kept as plain files: an n-gram list and its weights."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from pipeline.artifacts.atomic import read_json, write_json
from pipeline.words.segmenter import Segmenter, load_segmenter, make_segmenter


def fit(texts: Sequence[str], settings: dict[str, Any], folder: Path) -> str:
    """Fit TF-IDF on texts and fill an existing folder; → a line for the log.

    `settings`: segment, analyzer, ngrams, min_df, sublinear_tf, max_features. The segments are the words of `analyzer:
    word`; n-grams of characters do not look at them.
    """
    segmenter = make_segmenter(settings["segment"], texts)
    vectorizer = _vectorizer(settings, segmenter).fit(texts)
    ngrams = sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__)
    write_json(folder / "settings.json", settings)
    write_json(folder / "ngrams.json", ngrams)  # in column order
    np.save(folder / "idf.npy", vectorizer.idf_)
    segmenter.save(folder)
    return f"{len(ngrams)} n-grams"


def load_transform(folder: Path) -> Callable[[Sequence[str]], csr_matrix]:
    """Load the function from texts to TF-IDF rows [N, F], from what `fit` wrote."""
    vectorizer = _vectorizer(read_json(folder / "settings.json"), load_segmenter(folder))
    ngrams = read_json(folder / "ngrams.json")
    vectorizer.vocabulary = {ngram: column for column, ngram in enumerate(ngrams)}
    vectorizer.idf_ = np.load(folder / "idf.npy")
    read: Callable[[Sequence[str]], csr_matrix] = vectorizer.transform
    return read


def _vectorizer(settings: dict[str, Any], segmenter: Segmenter) -> TfidfVectorizer:
    return TfidfVectorizer(
        analyzer=settings["analyzer"],
        ngram_range=tuple(settings["ngrams"]),
        min_df=settings["min_df"],
        max_features=settings["max_features"],
        sublinear_tf=settings["sublinear_tf"],
        lowercase=False,
        tokenizer=segmenter.split if settings["analyzer"] == "word" else None,
        token_pattern=None,
    )
