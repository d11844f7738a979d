"""The tables that `dvc plots` draws."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.artifacts.tables import write_history
from pipeline.reporting.contents import Contents


def write_plots(contents: Contents, folder: Path) -> None:
    """Write confusion.csv (a row for each training text) and per_class_f1.csv of the chosen pair."""
    names = np.array(contents.labels, dtype=object)
    actual, predicted = np.divmod(np.arange(contents.confusion.size), len(names))
    pairs = pd.DataFrame({"actual": names[actual], "predicted": names[predicted]})
    write_history(folder / "confusion.csv", pairs.loc[pairs.index.repeat(contents.confusion.ravel())])
    per_class = {
        "label": contents.labels,
        "rows": contents.label_counts,
        "f1": np.round(contents.f1_before, 6),
        "f1_weighted": np.round(contents.f1_after, 6),
    }
    write_history(folder / "per_class_f1.csv", pd.DataFrame(per_class))
