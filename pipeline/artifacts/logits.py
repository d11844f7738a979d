"""The contract of a member: one matrix of logits per fold, with the row ids and class names that it belongs to.

A file is an `.npz` without pickle: `row_id` [N] strings, `logits` float32 [N, C], `labels` [C] strings. Anything that
can write this file can be a member. Reading one checks it against the prepared data and says what is wrong.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.atomic import atomic_path
from pipeline.artifacts.paths import fold_name
from pipeline.errors import UserError


def write_logits(
    path: Path, row_id: Sequence[str], logits: NDArray[np.floating], labels: Sequence[str]
) -> None:
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
    class order, missing, repeated or unknown row ids, a wrong shape, NaN or infinite logits.
    """
    stored_ids, logits, stored_labels = _read_arrays(path)
    _check_labels(path, stored_labels, labels)
    if logits.ndim != 2 or logits.shape != (len(stored_ids), len(labels)):
        expected = f"[{len(stored_ids)}, {len(labels)}] (rows of row_id, classes)"
        raise UserError(f"{path}: logits have shape {list(logits.shape)}, expected {expected}")
    order = _match_rows(path, stored_ids, row_id)
    bad_rows = np.flatnonzero(~np.isfinite(logits).all(axis=1))
    if len(bad_rows):
        raise UserError(
            f"{path}: {len(bad_rows)} rows with NaN or infinite logits, first row_id {stored_ids[bad_rows[0]]!r}. "
            "The training diverged or the export is broken: mend the file, or drop the member from params.yaml"
        )
    return logits[order].astype(np.float32, copy=False)


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


def read_test(folder: Path, row_id: Sequence[str], n_files: int, labels: Sequence[str]) -> NDArray[np.float32]:
    """A member's test logits, one matrix for each of its `n_files` fold models: → [F, N, C]."""
    files = [folder / f"{fold_name(fold)}.npz" for fold in range(n_files)]
    return np.stack([read_logits(file, row_id, labels) for file in files])


def _read_arrays(path: Path) -> tuple[NDArray[np.str_], NDArray[np.float32], NDArray[np.str_]]:
    if not path.exists():
        raise UserError(f"{path}: not found. A member needs one file for each fold: run its finetune stage again")
    try:
        with np.load(path, allow_pickle=False) as file:
            missing = [name for name in ("row_id", "logits", "labels") if name not in file]
            if missing:
                raise UserError(f"{path}: no array {missing[0]!r}; found: {', '.join(file.files)}")
            return file["row_id"].astype(np.str_), file["logits"], file["labels"].astype(np.str_)
    except (ValueError, OSError, EOFError) as error:
        raise UserError(f"{path}: not an .npz file without pickle ({error})") from None


def _check_labels(path: Path, stored: NDArray[np.str_], labels: Sequence[str]) -> None:
    if stored.tolist() == list(labels):
        return
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
    if len(position) < len(stored):
        seen: set[str] = set()
        repeated = next(row for row in stored.tolist() if row in seen or seen.add(row))  # type: ignore[func-returns-value]
        raise UserError(f"{path}: row_id {repeated!r} occurs more than once")
    missing = [row for row in wanted if row not in position]
    if missing:
        raise UserError(f"{path}: {len(missing)} rows are missing, first row_id {missing[0]!r}")
    if len(stored) > len(wanted):
        known = set(wanted)
        extra = next(row for row in stored.tolist() if row not in known)
        raise UserError(
            f"{path}: {len(stored)} rows, expected {len(wanted)}: row_id {extra!r} does not belong here. "
            "Were the folds or the data changed after the member was trained?"
        )
    return np.array([position[row] for row in wanted], dtype=np.intp)
