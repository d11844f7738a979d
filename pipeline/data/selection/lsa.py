"""Mean-embedding cosine, the embeddings those of latent semantic analysis."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.data.selection.centroids import Similarity, nearest_centroid
from pipeline.errors import UserError


def lsa(
    texts: Sequence[str],
    label_ids: NDArray[np.integer],
    *,
    analyzer: str,
    ngrams: list[int],
    dimensions: int,
    toward: Literal["classes", "mean"],
) -> Similarity:
    """Cosine of mean word embeddings to the nearest centroid (see `nearest_centroid`).

    A text is the TF-IDF-weighted mean of its words' embeddings, and these are learned from the training text itself:
    the right singular vectors of its TF-IDF matrix (Deerwester et al. 1990, with Halko et al. 2011's algorithm). So a
    document can be near that shares no word with a class, but words that occur with its words; and it works on
    anonymised text, for which no pretrained embeddings exist. N-grams of fewer than two training texts have none.

    Raises UserError where fewer than two n-grams have one.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    vectorizer = TfidfVectorizer(
        analyzer=analyzer,
        ngram_range=tuple(ngrams),
        min_df=2,
        sublinear_tf=True,
        lowercase=False,
        token_pattern=r"\S+" if analyzer == "word" else None,
    )
    try:
        matrix = vectorizer.fit_transform(texts)
        svd = TruncatedSVD(min(dimensions, *matrix.shape), random_state=0).fit(matrix)
    except ValueError:  # of scikit-learn, for a vocabulary of none or one
        raise UserError(
            "selection lsa: fewer than 2 n-grams stand in two training texts each; use the method tfidf"
        ) from None
    return nearest_centroid(
        lambda batch: normalize(svd.transform(vectorizer.transform(batch))), texts, label_ids, toward
    )
