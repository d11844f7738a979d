"""TF-IDF cosine."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.data.selection.centroids import Similarity, nearest_centroid

# Columns that n-grams are hashed to. An n-gram that no training text has keeps its weight in a document's length, as it
# would not in a vocabulary: a long document that has a few words of the training text is not near to it.
N_COLUMNS = 2**20


def tfidf(
    texts: Sequence[str],
    label_ids: NDArray[np.integer],
    *,
    analyzer: str,
    ngrams: list[int],
    toward: Literal["classes", "mean"],
) -> Similarity:
    """Cosine of TF-IDF vectors to the nearest centroid (see `nearest_centroid`); the IDF is the training text's.

    `analyzer` is `word` (between white space), `char` or `char_wb`, `ngrams` the shortest and the longest n-gram.
    """
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    hashing = HashingVectorizer(
        analyzer=analyzer,
        ngram_range=tuple(ngrams),
        n_features=N_COLUMNS,
        alternate_sign=False,
        norm=None,
        lowercase=False,
        token_pattern=r"\S+" if analyzer == "word" else None,
    )
    weights = TfidfTransformer(sublinear_tf=True).fit(hashing.transform(texts))
    return nearest_centroid(lambda batch: weights.transform(hashing.transform(batch)), texts, label_ids, toward)
