"""Make the embedded competition's files."""

import csv
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

from pipeline.artifacts.atomic import atomic_folder, write_text
from pipeline.data.stackdocs.anonymise import anonymise, draw_vocabulary
from pipeline.data.stackdocs.docstrings import Docstring, read_docstrings
from pipeline.data.stackdocs.packages import PACKAGES, Packages
from pipeline.data.stackdocs.rows import Row, Tokens, collect_rows, draw_rows
from pipeline.data.stackdocs.texts import collect_texts


def write_stackdocs(
    site_packages: Path,
    raw: Path,
    plain: Path,
    *,
    n_classes: int,
    n_train: int,
    n_test: int,
    min_rows: int,
    max_tokens: int,
    seed: int,
    packages: Packages = PACKAGES,
    check_worker: Callable[[], None] | None = None,
) -> dict[str, int]:
    """Write the competition to the folder `raw` and plain text to the file `plain`: → counts, for a log line.

    In `raw`: train.csv (id, text, label), test.csv and unlabelled.csv (id, text), sample_submission.csv (id,
    label) and answer_key/ with test_labels.csv (id, label) and vocabulary.csv (token, word), which only the
    report may read. `plain` has one docstring a line, tokens separated by spaces.

    Texts of rows are cut after `max_tokens` tokens. `seed` determines which rows are drawn, their order, and
    the permutation of words. The bytes depend on nothing but the versions of the packages and the arguments.
    `check_worker` is called in the processes that parse, before they do.

    Raises UserError for a package that is not installed and for sizes that the packages cannot fill.
    """
    labelled, without_label, other = _read_packages(site_packages, packages, check_worker)
    rows = collect_rows(labelled, max_tokens)
    train, test = draw_rows(rows, n_classes, n_train, n_test, min_rows, seed)
    taken = {row.tokens for row in rows}
    unlabelled = collect_texts(without_label, taken, max_tokens)
    plain_texts = collect_texts(other, taken, max_tokens)
    vocabulary = draw_vocabulary(chain((row.tokens for row in train + test), unlabelled), seed)
    with atomic_folder(raw) as folder:
        _write_competition(folder, train, test, unlabelled, vocabulary)
    write_text(plain, "".join(" ".join(text) + "\n" for text in plain_texts))
    return {
        "classes": len({row.label for row in train}),
        "train": len(train),
        "test": len(test),
        "unlabelled": len(unlabelled),
        "plain": len(plain_texts),
        "words": len(vocabulary),
    }


def _read_packages(
    site_packages: Path, packages: Packages, check_worker: Callable[[], None] | None
) -> list[list[Docstring]]:
    """Read the docstrings of each of the three groups of packages, packages in the order given."""
    # Parsing is nearly all of the work. map keeps the order; spawn is safe in a process that has threads.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        read = pool.map(partial(_read_one, check_worker, site_packages), chain(*packages))
        return [[docstring for _ in group for docstring in next(read)] for group in packages]


def _read_one(check_worker: Callable[[], None] | None, site_packages: Path, package: str) -> list[Docstring]:
    if check_worker is not None:
        check_worker()
    return read_docstrings(site_packages, package)


def _write_competition(
    folder: Path,
    train: Sequence[Row],
    test: Sequence[Row],
    unlabelled: Sequence[Tokens],
    vocabulary: dict[str, str],
) -> None:
    hide = partial(anonymise, vocabulary=vocabulary)
    ids = iter(range(len(train) + len(test) + len(unlabelled)))  # no two rows of the competition share an id
    train_rows = [(next(ids), hide(row.tokens), row.label) for row in train]
    test_rows = [(next(ids), hide(row.tokens), row.label) for row in test]
    first_label = min(row.label for row in train)

    _write_csv(folder / "train.csv", ("id", "text", "label"), train_rows)
    _write_csv(folder / "test.csv", ("id", "text"), ((i, text) for i, text, _ in test_rows))
    _write_csv(folder / "unlabelled.csv", ("id", "text"), ((next(ids), hide(text)) for text in unlabelled))
    _write_csv(folder / "sample_submission.csv", ("id", "label"), ((i, first_label) for i, _, _ in test_rows))
    key = folder / "answer_key"
    key.mkdir()
    _write_csv(key / "test_labels.csv", ("id", "label"), ((i, label) for i, _, label in test_rows))
    words = sorted((int(number), word) for word, number in vocabulary.items())
    _write_csv(key / "vocabulary.csv", ("token", "word"), words)


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
