"""The contract of a member: one matrix of logits per fold, with the row ids and class names that it belongs to.

A file is an `.npz` without pickle: `row_id` [N] strings, `logits` float32 [N, C], `labels` [C] strings. Anything that
can write this file can be a member. Reading one checks it against the prepared data and says what is wrong.
"""

import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.atomic import atomic_path
from pipeline.artifacts.paths import fold_name
from pipeline.errors import UserError


def write_logits(path: Path, row_id: Sequence[str], logits: NDArray[np.floating], labels: Sequence[str]) -> None:
    """Write the logits [N, C] of the rows `row_id` [N] over the classes `labels` [C]."""
    if logits.shape != (len(row_id), len(labels)):
        raise ValueError(f"logits have shape {logits.shape}, expected {(len(row_id), len(labels))}")
    with atomic_path(path) as temporary:
        np.savez(
            temporary,
            row_id=np.array(row_id, dtype=np.str_),
            logits=np.asarray(logits, dtype=np.float32),
            labels=np.array(labels, dtype=np.str_),
        )


def read_logits(path: Path, row_id: Sequence[str], labels: Sequence[str]) -> NDArray[np.float32]:
    """Read one file, with its rows in the order of `row_id` [N] and its classes checked: → [N, C].

    Raises UserError, naming the file and the first offender, for a missing file or array, other classes or another
    class order, missing, repeated or unknown row ids, a wrong shape or type, NaN or infinite logits.
    """
    stored_ids, logits, stored_labels = _read_arrays(path)
    _check_labels(path, stored_labels, labels)
    if logits.shape != (len(stored_ids), len(labels)):
        expected = f"[{len(stored_ids)}, {len(labels)}] (rows of row_id, classes)"
        raise UserError(f"{path}: logits have shape {list(logits.shape)}, expected {expected}")
    order = _match_rows(path, stored_ids, row_id)
    bad_rows = np.flatnonzero(~np.isfinite(logits).all(axis=1))
    if len(bad_rows):
        raise UserError(
            f"{path}: {len(bad_rows)} rows with NaN or infinite logits, first row_id {str(stored_ids[bad_rows[0]])!r}. "
            "The training diverged or the export is broken: mend the file, or drop the member from params.yaml"
        )
    return logits[order]


def read_oof(
    folder: Path, row_id: Sequence[str], fold_ids: NDArray[np.integer], labels: Sequence[str]
) -> NDArray[np.float32]:
    """Put a member's out-of-fold logits together: → [R, N, C], every row predicted once in each repeat.

    `fold_ids` is [R, N]: for each repeat, the fold that held each row out. Raises UserError for a missing fold file
    and for everything that `read_logits` refuses (a row of another fold among it).
    """
    ids = np.array(row_id, dtype=np.str_)
    n_folds = int(fold_ids.max()) + 1
    oof = np.empty((*fold_ids.shape, len(labels)), dtype=np.float32)
    for repeat, folds in enumerate(fold_ids):
        for fold in range(n_folds):
            held_out = np.flatnonzero(folds == fold)
            path = folder / f"{fold_name(repeat * n_folds + fold)}.npz"
            oof[repeat, held_out] = read_logits(path, ids[held_out].tolist(), labels)
    return oof


def write_member(
    oof_folder: Path,
    test_folder: Path,
    row_id: NDArray[np.str_],
    fold_ids: NDArray[np.integer],
    oof: NDArray[np.floating],
    test_id: Sequence[str],
    test: Sequence[NDArray[np.floating]],
    labels: Sequence[str],
) -> None:
    """Write the files of `read_oof` and `read_test`: each fold's rows of `oof` [R, N, C], each [n, C] of `test`."""
    n_folds = int(fold_ids.max()) + 1
    for k, test_logits in enumerate(test):
        repeat, fold = divmod(k, n_folds)
        rows = fold_ids[repeat] == fold
        write_logits(oof_folder / f"{fold_name(k)}.npz", row_id[rows].tolist(), oof[repeat, rows], labels)
        write_logits(test_folder / f"{fold_name(k)}.npz", test_id, test_logits, labels)


def read_test(folder: Path, row_id: Sequence[str], n_files: int, labels: Sequence[str]) -> NDArray[np.float32]:
    """Read a member's test logits, one matrix for each of its F = `n_files` fold models: → [F, N, C]."""
    files = [folder / f"{fold_name(fold)}.npz" for fold in range(n_files)]
    return np.stack([read_logits(file, row_id, labels) for file in files])


def _read_arrays(path: Path) -> tuple[NDArray[np.str_], NDArray[np.float32], NDArray[np.str_]]:
    if not path.exists():
        raise UserError(
            f"{path}: not found. A member needs one file for each fold: run the stage that makes it, or put there what "
            "was trained elsewhere"
        )
    try:
        with np.load(path, allow_pickle=False) as file:
            missing = [name for name in ("row_id", "logits", "labels") if name not in file]
            if missing:
                raise UserError(f"{path}: no array {missing[0]!r}; found: {', '.join(file.files)}")
            row_id, logits, labels = file["row_id"], file["logits"], file["labels"]
    except (ValueError, TypeError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"{path}: not an .npz file without pickle ({error})") from None
    for name, array in (("row_id", row_id), ("labels", labels)):
        if array.ndim != 1 or array.dtype.kind not in "Uiu":
            raise UserError(f"{path}: {name} is {_form(array)}, a row of strings is expected")
    if logits.dtype.kind not in "fiu":
        raise UserError(f"{path}: logits are {_form(logits)}, numbers are expected")
    with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite, and is refused as such
        return row_id.astype(np.str_), logits.astype(np.float32, copy=False), labels.astype(np.str_)


def _form(array: NDArray[np.generic]) -> str:
    return f"{array.dtype} of shape {list(array.shape)}"


def _check_labels(path: Path, stored: NDArray[np.str_], labels: Sequence[str]) -> None:
    if stored.tolist() == list(labels):
        return
    repeated = _first_repeated(stored)
    if repeated is not None:
        raise UserError(f"{path}: the class {repeated!r} has more than one column")
    if sorted(stored.tolist()) == sorted(labels):
        where = next(i for i, (a, b) in enumerate(zip(stored, labels, strict=True)) if a != b)
        raise UserError(
            f"{path}: the classes stand in another order: column {where} is {str(stored[where])!r}, expected "
            f"{labels[where]!r}. Reorder the columns as in data/prepared/labels.json"
        )
    unknown = [label for label in stored.tolist() if label not in set(labels)]
    absent = [label for label in labels if label not in set(stored.tolist())]
    detail = f"unknown {unknown[0]!r}" if unknown else f"missing {absent[0]!r}"
    raise UserError(f"{path}: {len(stored)} classes, expected the {len(labels)} of data/prepared/labels.json: {detail}")


def _match_rows(path: Path, stored: NDArray[np.str_], wanted: Sequence[str]) -> NDArray[np.intp]:
    position = {row: index for index, row in enumerate(stored.tolist())}
    repeated = _first_repeated(stored)
    if repeated is not None:
        raise UserError(f"{path}: row_id {repeated!r} occurs more than once")
    known = set(wanted)
    missing = [row for row in wanted if row not in position]
    extra = [row for row in stored.tolist() if row not in known]
    problems = [f"row_id {missing[0]!r} is missing ({len(missing)} such rows)"] if missing else []
    problems += [f"row_id {extra[0]!r} does not belong here ({len(extra)} such rows)"] if extra else []
    if problems:
        raise UserError(
            f"{path}: {len(stored)} rows, expected {len(wanted)}: {'; '.join(problems)}. "
            "Were the folds or the data changed after the member was trained?"
        )
    return np.array([position[row] for row in wanted], dtype=np.intp)


def _first_repeated(names: NDArray[np.str_]) -> str | None:
    counts = Counter(names.tolist())
    return next((name for name, n in counts.items() if n > 1), None)
