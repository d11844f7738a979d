"""From docstrings to a competition's rows: labels, distinct texts, a long tail of classes, train and test."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.data.stackdocs.docstrings import Docstring
from pipeline.data.stackdocs.prose import description, is_word, tokenize
from pipeline.errors import UserError

MIN_WORDS = 8  # shorter texts say too little of where they stand

# Folders that hold a package's real subpackages: pandas-groupby says more than pandas-core.
_DEEPER = frozenset({("pandas", "core"), ("networkx", "algorithms")})

Tokens = tuple[str, ...]


class Row(NamedTuple):
    """A text, as tokens, and its label."""

    tokens: Tokens
    label: str


def find_label(module: Sequence[str]) -> str | None:
    """Return a module's label, `package-subpackage`; None for what stands in the package itself or a private file."""
    depth = 2 if tuple(module[:2]) in _DEEPER else 1
    if len(module) <= depth or module[depth].startswith("_"):
        return None
    return f"{module[0]}-{module[depth]}"


def collect_rows(docstrings: Iterable[Docstring], max_tokens: int) -> list[Row]:
    """Collect rows of distinct texts from docstrings, in order of first appearance.

    A text is the first `max_tokens` tokens of a description. Texts with fewer than 8 words are dropped, and
    texts that stand under two labels.
    """
    labels: dict[Tokens, set[str]] = defaultdict(set)
    for docstring in docstrings:
        label = find_label(docstring.module)
        tokens = tuple(tokenize(description(docstring.text))[:max_tokens])
        if label and sum(map(is_word, tokens)) >= MIN_WORDS:
            labels[tokens].add(label)
    return [Row(tokens, min(found)) for tokens, found in labels.items() if len(found) == 1]


def draw_rows(
    rows: Sequence[Row], n_classes: int, n_train: int, n_test: int, min_rows: int, seed: int
) -> tuple[list[Row], list[Row]]:
    """Draw the competition: → train rows, test rows, in random order.

    `n_classes` labels take part, spread over all sizes from the most texts to the fewest. Each has its
    natural share of the rows, the same in train and test, and at least `min_rows` in train. Raises UserError
    where there are too few texts.
    """
    by_label: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_label[row.label].append(row)
    # Of a class with min_rows in train, the test part has its share, so that min_rows can be met.
    minimum = ceil(min_rows * (n_train + n_test) / n_train)
    labels = _choose_labels({label: len(rows) for label, rows in by_label.items()}, n_classes, minimum)
    sizes = np.array([len(by_label[label]) for label in labels])
    _check_sizes(sizes, n_train, n_test, min_rows, minimum)
    n_rows = apportion(sizes, n_train + n_test, minimum)
    n_train_rows = apportion(n_rows, n_train, min_rows)

    generator = np.random.default_rng(seed)
    train: list[Row] = []
    test: list[Row] = []
    for label, n_drawn, n_trained in zip(labels, n_rows, n_train_rows, strict=True):
        drawn = _shuffle(by_label[label], generator)[:n_drawn]
        train += drawn[:n_trained]
        test += drawn[n_trained:]
    return _shuffle(train, generator), _shuffle(test, generator)


def apportion(sizes: NDArray[np.int64], total: int, minimum: int) -> NDArray[np.int64]:
    """Share `total` seats among classes in proportion to their sizes, by Webster's method: → seats [C].

    Every class gets at least `minimum` and at most its size; a tie goes to the earlier class. Raises
    ValueError where that cannot be.
    """
    if minimum > sizes.min() or not minimum * len(sizes) <= total <= sizes.sum():
        raise ValueError(f"cannot share {total} among sizes {sizes.tolist()} with at least {minimum} each")
    seats = np.full(len(sizes), minimum)
    for _ in range(total - int(seats.sum())):
        seats[np.argmax(np.where(seats < sizes, sizes / (2 * seats + 1), -1.0))] += 1
    return seats


def _shuffle(rows: Sequence[Row], generator: np.random.Generator) -> list[Row]:
    return [rows[i] for i in generator.permutation(len(rows))]


def _choose_labels(sizes: dict[str, int], n_classes: int, minimum: int) -> list[str]:
    """Choose labels at even steps through all labels that are large enough, from the largest; equal sizes by name."""
    large = sorted((label for label, size in sizes.items() if size >= minimum), key=lambda x: (-sizes[x], x))
    if len(large) < n_classes:
        raise UserError(
            f"embedded: n_classes: got {n_classes}, but only {len(large)} labels have the {minimum} texts "
            "that min_rows asks for in train and test together. Lower one of the two"
        )
    return [large[i * (len(large) - 1) // max(n_classes - 1, 1)] for i in range(n_classes)]


def _check_sizes(sizes: NDArray[np.int64], n_train: int, n_test: int, min_rows: int, minimum: int) -> None:
    if n_train + n_test > sizes.sum():
        raise UserError(
            f"embedded: n_train and n_test: got {n_train} + {n_test}, but the {len(sizes)} labels drawn "
            f"have {sizes.sum()} texts. Ask for fewer rows, or for more classes"
        )
    if n_train < min_rows * len(sizes) or n_train + n_test < minimum * len(sizes):
        raise UserError(
            f"embedded: min_rows: got {min_rows} for {len(sizes)} classes, more than the {n_train} rows of "
            "n_train hold. Lower min_rows or n_classes, or raise n_train"
        )
