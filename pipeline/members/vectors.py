"""TF-IDF features, kept as plain files: an n-gram list and its weights."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from pipeline.artifacts.atomic import read_json, write_json


def fit_tfidf(texts: Sequence[str], settings: dict[str, Any]) -> TfidfVectorizer:
    """Fit TF-IDF on texts. `settings`: analyzer, ngrams, min_df, sublinear_tf, max_features.

    Words are what stands between white space, so that number tokens and punctuation count as they are.
    """
    return _vectorizer(settings).fit(texts)


def save_tfidf(vectorizer: TfidfVectorizer, settings: dict[str, Any], folder: Path) -> None:
    """Write `settings.json`, `ngrams.json` (in column order) and `idf.npy` into an existing folder."""
    ngrams = sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__)
    write_json(folder / "settings.json", settings)
    write_json(folder / "ngrams.json", ngrams)
    np.save(folder / "idf.npy", vectorizer.idf_)


def load_tfidf(folder: Path) -> TfidfVectorizer:
    """The vectorizer that `save_tfidf` wrote."""
    vectorizer = _vectorizer(read_json(folder / "settings.json"))
    ngrams = read_json(folder / "ngrams.json")
    vectorizer.vocabulary = {ngram: column for column, ngram in enumerate(ngrams)}
    vectorizer.idf_ = np.load(folder / "idf.npy")
    return vectorizer


def transform(folder: Path, texts: Sequence[str]) -> csr_matrix:
    """The texts' TF-IDF rows: → sparse [N, F]."""
    features: csr_matrix = load_tfidf(folder).transform(texts)
    return features


def _vectorizer(settings: dict[str, Any]) -> TfidfVectorizer:
    is_word = settings["analyzer"] == "word"
    return TfidfVectorizer(
        analyzer=settings["analyzer"],
        ngram_range=tuple(settings["ngrams"]),
        min_df=settings["min_df"],
        max_features=settings["max_features"],
        sublinear_tf=settings["sublinear_tf"],
        lowercase=False,
        token_pattern=r"\S+" if is_word else None,
    )
