import io
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.artifacts.logits import read_logits, read_oof, read_test, write_logits
from pipeline.errors import UserError

IDS, LABELS = ["a", "b", "c"], ["x", "y"]
LOGITS = np.array([[1, 2], [3, 4], [5, 6]], dtype=np.float32)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "fold-0.npz"


def refuse(file, *parts, ids=IDS, labels=LABELS):
    """Reading is refused with one message that names the file and holds all parts."""
    with pytest.raises(UserError) as refused:
        read_logits(file, ids, labels)
    message = str(refused.value)
    assert message.startswith(f"{file}: ")
    for part in parts:
        assert part in message
    return message


def save(file, row_id=IDS, logits=LOGITS, labels=LABELS, **changed):
    """What another program might write: no checks."""
    np.savez(file, **{"row_id": np.array(row_id), "logits": logits, "labels": np.array(labels)} | changed)


# ── What is read ────────────────────────────────────────────────────────────────────────────────────────────────


def test_rows_come_back_in_the_wanted_order(file):
    write_logits(file, IDS, LOGITS, LABELS)
    read = read_logits(file, ["c", "a", "b"], LABELS)
    assert read.dtype == np.float32
    assert read.tolist() == [[5, 6], [1, 2], [3, 4]]


names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=8)
unique = st.lists(names, min_size=1, max_size=6, unique=True)
floats = st.floats(width=32, allow_nan=False, allow_infinity=False)


@settings(max_examples=50)
@given(data=st.data(), row_id=unique, labels=unique)
def test_what_is_written_is_read(tmp_path_factory, data, row_id, labels):
    file = tmp_path_factory.mktemp("logits") / "fold-0.npz"
    logits = data.draw(arrays(np.float32, (len(row_id), len(labels)), elements=floats))
    order = data.draw(st.permutations(range(len(row_id))))
    write_logits(file, row_id, logits, labels)
    np.testing.assert_array_equal(read_logits(file, [row_id[i] for i in order], labels), logits[order])


def test_equal_content_gives_equal_bytes(tmp_path):
    files = [tmp_path / "one.npz", tmp_path / "other.npz"]
    for file in files:
        write_logits(file, IDS, LOGITS.copy(), list(LABELS))
    assert files[0].read_bytes() == files[1].read_bytes()


def test_whole_numbers_are_taken_for_ids_classes_and_logits(file):
    save(file, row_id=[7, 8, 9], labels=[0, 1], logits=LOGITS.astype(np.int64))
    assert read_logits(file, ["9", "8", "7"], ["0", "1"]).tolist() == LOGITS[::-1].tolist()


def test_a_fold_without_rows_is_a_fold(file):
    write_logits(file, [], np.empty((0, 2)), LABELS)
    assert read_logits(file, [], LABELS).shape == (0, 2)


def test_writing_another_shape_is_a_mistake_of_the_program(file):
    with pytest.raises(ValueError, match=r"\(3, 2\), expected \(2, 2\)"):
        write_logits(file, ["a", "b"], LOGITS, LABELS)
    assert not file.exists()


# ── What is refused ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_missing_file(file):
    refuse(file, "not found", "one file for each fold")


@pytest.mark.parametrize("name", ["row_id", "logits", "labels"])
def test_a_missing_array(file, name):
    content = {"row_id": np.array(IDS), "logits": LOGITS, "labels": np.array(LABELS)}
    np.savez(file, **{key: value for key, value in content.items() if key != name})
    refuse(file, f"no array {name!r}", "found: ")


def test_pickled_arrays(file):
    save(file, row_id=np.array(IDS, dtype=object))
    refuse(file, "not an .npz file without pickle")


@pytest.mark.parametrize(
    "content",
    [b"", b"id,label\n", pickle.dumps({"row_id": IDS}), b"PK\x03\x04 and no more"],
    ids=["empty", "text", "pickle", "half a zip"],
)
def test_other_files(file, content):
    file.write_bytes(content)
    refuse(file, "not an .npz file without pickle")


def test_a_truncated_file(file):
    write_logits(file, IDS, LOGITS, LABELS)
    file.write_bytes(file.read_bytes()[:-30])
    refuse(file, "not an .npz file without pickle")


def test_a_damaged_file(file):
    np.savez_compressed(file, row_id=np.array(IDS), logits=LOGITS, labels=np.array(LABELS))
    with zipfile.ZipFile(file) as archive:
        start = archive.getinfo("logits.npy").header_offset + 60
    content = bytearray(file.read_bytes())
    content[start : start + 20] = bytes(20)
    file.write_bytes(content)
    refuse(file, "not an .npz file without pickle")


def test_a_single_array(file):
    buffer = io.BytesIO()
    np.save(buffer, LOGITS)
    file.write_bytes(buffer.getvalue())
    refuse(file, "not an .npz file without pickle")


def test_a_repeated_id(file):
    save(file, row_id=["a", "b", "b"])
    refuse(file, "row_id 'b' occurs more than once")


def test_a_missing_row(file):
    save(file, row_id=["a", "c"], logits=LOGITS[:2])
    refuse(file, "2 rows, expected 3: row_id 'b' is missing (1 such rows)")


def test_an_unknown_row(file):
    save(file)
    refuse(file, "3 rows, expected 2: row_id 'b' does not belong here (1 such rows)", ids=["a", "c"])


def test_other_ids_are_named_on_both_sides(file):
    save(file, row_id=["a", "B", "c"])
    refuse(file, "row_id 'b' is missing", "row_id 'B' does not belong here", "Were the folds or the data changed")


def test_another_class_order(file):
    save(file, labels=["y", "x"])
    refuse(file, "the classes stand in another order: column 0 is 'y', expected 'x'", "labels.json")


def test_other_classes(file):
    save(file, labels=["x", "z"])
    refuse(file, "2 classes, expected the 2 of data/prepared/labels.json: unknown 'z'")


def test_a_missing_class(file):
    save(file, labels=["x"], logits=LOGITS[:, :1])
    refuse(file, "1 classes, expected the 2", "missing 'y'")


def test_a_repeated_class(file):
    save(file, labels=["x", "y", "y"], logits=np.zeros((3, 3)))
    refuse(file, "the class 'y' has more than one column")


@pytest.mark.parametrize("logits", [LOGITS.T, LOGITS[:, :1], LOGITS[:2], LOGITS[None], LOGITS.ravel()])
def test_another_shape(file, logits):
    save(file, logits=logits)
    refuse(file, f"logits have shape {list(logits.shape)}, expected [3, 2]")


@pytest.mark.parametrize("changed", [{"row_id": [["a"], ["b"], ["c"]]}, {"row_id": [0.5, 1.5, 2.5]}, {"labels": "x"}])
def test_ids_and_classes_of_another_form(file, changed):
    save(file, **changed)
    refuse(file, f"{next(iter(changed))} is ", "a row of strings is expected")


@pytest.mark.parametrize("logits", [LOGITS.astype(str), LOGITS.astype(complex), LOGITS > 2])
def test_logits_that_are_no_numbers(file, logits):
    save(file, logits=logits)
    refuse(file, f"logits are {logits.dtype}", "numbers are expected")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_numbers_that_are_not_finite_as_float32(file, value):
    logits = LOGITS.astype(np.float64)
    logits[1, 0] = value
    save(file, logits=logits)
    refuse(file, "1 rows with NaN or infinite logits, first row_id 'b'")


# ── Folds together ──────────────────────────────────────────────────────────────────────────────────────────────

FOLD_IDS = np.array([[0, 1, 0, 1], [1, 0, 0, 1]])  # two repeats of two folds
ROWS = ["a", "b", "c", "d"]


@pytest.fixture
def folder(tmp_path):
    """A member whose logit of row i in repeat r is [10·r + i, 0]; the rows of each file stand backwards."""
    for repeat, folds in enumerate(FOLD_IDS):
        for fold in range(2):
            rows = np.flatnonzero(folds == fold)[::-1]
            logits = np.stack([10.0 * repeat + rows, np.zeros(2)], axis=1)
            write_logits(tmp_path / f"fold-{2 * repeat + fold}.npz", [ROWS[i] for i in rows], logits, LABELS)
    return tmp_path


def test_out_of_fold_logits_of_all_repeats(folder):
    oof = read_oof(folder, ROWS, FOLD_IDS, LABELS)
    assert oof.shape == (2, 4, 2)
    assert oof[:, :, 0].tolist() == [[0, 1, 2, 3], [10, 11, 12, 13]]


def test_a_missing_fold_file(folder):
    (folder / "fold-2.npz").unlink()
    with pytest.raises(UserError, match=r"fold-2\.npz: not found"):
        read_oof(folder, ROWS, FOLD_IDS, LABELS)


def test_rows_of_another_fold(folder):
    (folder / "fold-1.npz").replace(folder / "fold-0.npz")
    with pytest.raises(UserError, match=r"fold-0\.npz: .*row_id 'a' is missing.*row_id 'd' does not belong here"):
        read_oof(folder, ROWS, FOLD_IDS, LABELS)


def test_a_row_of_another_fold_beside_the_right_ones(folder):
    write_logits(folder / "fold-0.npz", ["a", "c", "b"], LOGITS, LABELS)
    with pytest.raises(UserError, match=r"fold-0\.npz: 3 rows, expected 2: row_id 'b' does not belong here"):
        read_oof(folder, ROWS, FOLD_IDS, LABELS)


def test_test_logits_of_every_fold_model(tmp_path):
    for fold in range(3):
        write_logits(tmp_path / f"fold-{fold}.npz", IDS[::-1], LOGITS + fold, LABELS)
    test = read_test(tmp_path, IDS, 3, LABELS)
    np.testing.assert_array_equal(test, np.stack([LOGITS[::-1] + fold for fold in range(3)]))
    with pytest.raises(UserError, match=r"fold-3\.npz: not found"):
        read_test(tmp_path, IDS, 4, LABELS)
