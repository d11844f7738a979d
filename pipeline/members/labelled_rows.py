"""The labelled rows of a competition, as a member reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.data.labels import LabelSet

F = TypeVar("F")  # what the kind reads: features, or token ids


@dataclass(frozen=True)
class LabelledRows(Generic[F]):
    """What every fold of a member shares.

    Attributes:
        features: what the member's kind reads of the N + A texts.
        label_ids: [N + A].
        classes: the label set.
        copy_of: [A], of which row each of the last A rows is a changed copy. Copies follow their row into training and
            nowhere else: lists of rows never name one.
    """

    features: F
    label_ids: NDArray[np.integer]
    classes: LabelSet
    copy_of: NDArray[np.integer] | Sequence[int] = ()

    def with_copies(self, rows: NDArray[np.integer]) -> NDArray[np.integer]:
        """`rows`, then the rows of their copies."""
        n_rows = len(self.label_ids) - len(self.copy_of)
        copies = np.flatnonzero(np.isin(np.asarray(self.copy_of, dtype=np.int64), rows)) + n_rows
        return np.concatenate([rows, copies])
