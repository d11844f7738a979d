"""What training one fold gives."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True)
class Fold:
    """A trained fold.

    Attributes:
        logits: [n, C] float32, of the held-out rows in their given order.
        history: one row per evaluation: step, loss, macro_f1 on the rows that were evaluated.
        save: writes the fold's weights into a folder.
    """

    logits: NDArray[np.float32]
    history: pd.DataFrame
    save: Callable[[Path], None]
