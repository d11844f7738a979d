"""How near a document is to the training text: cosine to the nearest class."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.preprocessing import normalize

# The similarity of each of some texts to the training text: [n] texts → float [n], 0 for nothing in common.
Similarity = Callable[[Sequence[str]], NDArray[np.floating]]


def nearest_class(
    embed: Callable[[Sequence[str]], Any], texts: Sequence[str], label_ids: NDArray[np.integer]
) -> Similarity:
    """The cosine of a text's vector to the nearest centroid of a class, which is the mean of the class's unit vectors.

    The mean of the whole training text would be the mean of its frequent classes, and what is near to a rare one would
    never be chosen; of the nearest class, a rare one has the same say.

    Args:
        embed: from n texts to their vectors [n, D], dense or sparse, each of length 1 or 0.
        texts: training texts [N].
        label_ids: their classes, [N].
    """
    classes, numbers = np.unique(label_ids, return_inverse=True)
    members = csr_matrix((np.ones(len(texts)), (numbers, np.arange(len(texts)))), shape=(len(classes), len(texts)))
    centroids = normalize(members @ embed(texts))

    def similarity(batch: Sequence[str]) -> NDArray[np.floating]:
        cosines = embed(batch) @ centroids.T
        best: NDArray[np.floating] = (cosines.toarray() if hasattr(cosines, "toarray") else cosines).max(axis=1)
        return best

    return similarity
