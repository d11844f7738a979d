"""The numbers of `reports/data.json`: what the prepared data is like, and what a person should look at."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.data.duplicates import count_shared
from pipeline.data.prepare import PreparedCorpus, PreparedTest, PreparedTrain

QUANTILES = (0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
LISTED_CONFLICTS = 50


def summarise(
    train: PreparedTrain,
    test: PreparedTest,
    corpus: PreparedCorpus,
    *,
    warnings: Sequence[str] = (),
    allowed_labels: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Sizes, duplicates, conflicts and overlap as numbers; the rest as lists, which are no metrics to DVC.

    `warnings` are those of reading; what the numbers themselves give cause for is added.
    """
    group_rows = np.bincount(train.table["group"].to_numpy())
    class_rows = train.table["label"].value_counts()
    n_shared = count_shared(test.table["text"].tolist(), train.table["text"].tolist())
    numbers = {
        "train_rows": len(train.table),
        "test_rows": len(test.table),
        "corpus_texts": len(corpus.table),
        "classes": len(train.labels.names),
        "rarest_class_rows": int(class_rows.min()),
        "largest_class_rows": int(class_rows.max()),
        "repeated_train_rows": int(len(train.table) - len(group_rows)),
        "repeated_train_texts": int((group_rows > 1).sum()),
        **{key: value for key, value in train.counts.items() if key not in ("rows_read", "empty_texts")},
        "test_rows_also_in_train": n_shared,
        "empty_train_texts": train.counts["empty_texts"],
        "empty_test_texts": test.counts["empty_texts"],
        "empty_corpus_texts": corpus.counts["empty_texts"],
        "repeated_corpus_texts": corpus.counts["repeated_texts"],
    }
    tables = {"train": train.table, "test": test.table, "corpus": corpus.table}
    return {
        **numbers,
        "label_histogram": [{"label": name, "rows": int(class_rows[name])} for name in train.labels.names],
        "lengths": [
            length for split, table in tables.items() for length in describe_lengths(split, table["text"].tolist())
        ],
        "conflicts": train.conflicts[:LISTED_CONFLICTS],
        "warnings": [*warnings, *_warn(numbers, train, allowed_labels)],
    }


def describe_lengths(split: str, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Quantiles and mean of the texts' lengths, in tokens between white space and in characters."""
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


def _warn(numbers: dict[str, int], train: PreparedTrain, allowed_labels: Sequence[str] | None) -> list[str]:
    unseen = [label for label in allowed_labels or () if label not in train.labels.names]
    sentences = {
        "conflicting_texts": "training texts have several labels; they stand in {conflicting_rows} rows, "
        "of which {relabelled_rows} were relabelled and {dropped_rows} dropped",
        "lost_classes": "classes have no row left after that",
        "test_rows_also_in_train": "test rows have a text that is also in the training rows",
        "empty_train_texts": "training texts are empty after cleaning",
        "empty_test_texts": "test texts are empty after cleaning",
    }
    warnings = [f"{numbers[key]} {what.format(**numbers)}" for key, what in sentences.items() if numbers[key]]
    if unseen:
        warnings.append(f"{len(unseen)} labels of data.labels have no training row: {', '.join(unseen)}")
    return warnings
