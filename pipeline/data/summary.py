"""The numbers of `reports/data.json`: what the prepared data is like, and what a person should look at."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline.data.bad_rows import KINDS
from pipeline.data.duplicates import NearDuplicates, count_shared
from pipeline.data.prepare import TEST_RULES, PreparedCorpus, PreparedTest, PreparedTrain
from pipeline.data.vocabulary import describe_growth, describe_vocabulary

QUANTILES = (0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
LISTED_CONFLICTS = 50


def summarise(
    train: PreparedTrain,
    test: PreparedTest,
    corpus: PreparedCorpus,
    near: NearDuplicates | None = None,
    *,
    warnings: Sequence[str] = (),
    replaced_bytes: int = 0,
    allowed_labels: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Summarise the data: sizes, duplicates, conflicts and overlap as numbers, the rest as lists (no metrics to DVC).

    `warnings` are those of reading, `replaced_bytes` those that became U+FFFD; what the numbers themselves give cause
    for is added. `near` is None where near duplicates were not looked for; with it, equal texts are among its numbers.
    """
    text_rows = train.table["text"].value_counts()
    class_rows = train.table["label"].value_counts()
    n_shared = count_shared(test.table["text"].tolist(), train.table["text"].tolist())
    numbers = {
        "train_rows": len(train.table),
        "test_rows": len(test.table),
        "corpus_texts": len(corpus.table),
        "classes": len(train.labels.names),
        "rarest_class_rows": int(class_rows.min()),
        "largest_class_rows": int(class_rows.max()),
        "repeated_train_rows": len(train.table) - len(text_rows),
        "repeated_train_texts": int((text_rows > 1).sum()),
        **train.counts,
        "test_rows_also_in_train": n_shared,
        **_count_near(near),
        "empty_corpus_texts": corpus.counts["empty_texts"],
        "repeated_corpus_texts": corpus.counts["repeated_texts"],
        "replaced_bytes": replaced_bytes,
    }
    bad_rows = {
        "train": count_reasons(train.bad_rows, [*KINDS, "conflicting_labels"]),
        "test": count_reasons(test.bad_rows, list(TEST_RULES)),
    }
    unseen = [label for label in allowed_labels or () if label not in train.labels.names]
    tables = {"train": train.table, "test": test.table, "corpus": corpus.table}
    return {
        **numbers,
        "bad_rows": bad_rows,
        "label_histogram": [{"label": name, "rows": int(class_rows[name])} for name in train.labels.names],
        "lengths": [
            length for split, table in tables.items() for length in describe_lengths(split, table["text"].tolist())
        ],
        "vocabulary": describe_vocabulary(train.table["text"].tolist(), test.table["text"].tolist()),
        "vocabulary_growth": describe_growth(train.table["text"].tolist()),
        "conflicts": train.conflicts[:LISTED_CONFLICTS],
        "warnings": [
            *warnings,
            *warn_of_bad_rows("training", train.bad_rows),
            *warn_of_bad_rows("test", test.bad_rows),
            *train.warnings,
            *test.warnings,
            *warn_of_numbers(numbers),
            *([f"{len(unseen)} labels of data.labels have no training row: {', '.join(unseen)}"] if unseen else []),
        ],
    }


def _count_near(near: NearDuplicates | None) -> dict[str, int]:
    if near is None:
        return {}
    group_rows = np.bincount(near.groups)
    return {
        "nearly_repeated_train_rows": len(near.groups) - len(group_rows),
        "largest_near_group_rows": int(group_rows.max()),
        "test_rows_nearly_in_train": int(near.near_others.sum()),
    }


def describe_lengths(split: str, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Compute quantiles and mean of the texts' lengths, in tokens between white space and in characters."""
    lengths = {
        "tokens": np.array([len(text.split()) for text in texts]),
        "characters": np.array([len(text) for text in texts]),
    }
    return [
        {
            "split": split,
            "unit": unit,
            "mean": round(float(values.mean()), 1),
            **{f"q{round(q * 100)}": int(np.quantile(values, q, method="lower")) for q in QUANTILES},
        }
        for unit, values in lengths.items()
    ]


def count_reasons(bad_rows: pd.DataFrame, reasons: Sequence[str]) -> dict[str, int]:
    """Count the rows that were bad for each of the reasons."""
    counts = bad_rows["reason"].value_counts()
    return {reason: int(counts.get(reason, 0)) for reason in reasons}


REJECTED = "data/prepared/rejected.csv has the lines"
NUMBERS = {
    "lost_classes": "classes have no row left",
    "test_rows_also_in_train": "test rows have a text that is also in the training rows",
    "test_rows_nearly_in_train": "test rows have nearly, or exactly, the text of a training row",
}


def warn_of_bad_rows(what: str, bad_rows: pd.DataFrame) -> list[str]:
    """Write a warning for each reason among the bad rows listed (`what`: training, test), in the order of checks."""
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
    """Write a warning for each of the report's numbers that should be 0 and is not."""
    return [f"{numbers[key]} {what}" for key, what in NUMBERS.items() if numbers.get(key)]
