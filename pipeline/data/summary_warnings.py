"""What the numbers of the data report give a person cause to look at, in plain sentences."""

from collections.abc import Mapping

import pandas as pd

from pipeline.data.bad_rows import KINDS

REJECTED = "data/prepared/rejected.csv has the lines"
NUMBERS = {
    "lost_classes": "classes have no row left",
    "test_rows_also_in_train": "test rows have a text that is also in the training rows",
    "test_rows_nearly_in_train": "test rows have nearly, or exactly, the text of a training row",
}


def warn_of_bad_rows(what: str, bad_rows: pd.DataFrame) -> list[str]:
    """A sentence for each reason among the listed rows of one kind (`what`: training, test), in the order of checks."""
    problems = {name: kind.problem for name, kind in KINDS.items()}
    problems["conflicting_labels"] = "have a text that other rows give another label"
    sentences = []
    for reason, problem in problems.items():
        handled = bad_rows.loc[bad_rows["reason"] == reason, "handled"].value_counts(sort=False)
        if len(handled):
            done = ", ".join(f"{count} {word}" for word, count in sorted(handled.items()))
            sentences.append(f"{handled.sum()} {what} rows {problem} ({done}); {REJECTED}")
    return sentences


def warn_of_numbers(numbers: Mapping[str, int]) -> list[str]:
    """A sentence for each of the report's numbers that should be 0 and is not."""
    return [f"{numbers[key]} {what}" for key, what in NUMBERS.items() if numbers.get(key)]
