import numpy as np
import pytest

from pipeline.artifacts.fused import FusedScores, read_fused, write_fused
from pipeline.artifacts.predictions import Predictions, read_predictions, write_predictions
from pipeline.errors import UserError

RNG = np.random.default_rng(0)
OOF, TEST = RNG.random((5, 3)), RNG.random((4, 3))


@pytest.mark.parametrize("tuned", [True, False])
def test_fused_scores_come_back(tmp_path, tuned):
    nested = np.stack([OOF, OOF + tuned])
    write_fused(tmp_path / "f.npz", FusedScores(OOF, nested, TEST, tuned))
    read = read_fused(tmp_path / "f.npz")
    np.testing.assert_array_equal(read.oof, OOF)
    np.testing.assert_array_equal(read.nested, nested)
    np.testing.assert_array_equal(read.test, TEST)
    assert read.tuned is tuned


def test_scores_that_are_the_same_in_every_fold_are_kept_once(tmp_path):
    same = np.stack([OOF] * 50)
    write_fused(tmp_path / "untuned.npz", FusedScores(OOF, same, TEST, tuned=False))
    write_fused(tmp_path / "same.npz", FusedScores(OOF, same, TEST, tuned=True))
    write_fused(tmp_path / "tuned.npz", FusedScores(OOF, same + 1, TEST, tuned=True))
    assert (tmp_path / "same.npz").stat().st_size < (tmp_path / "tuned.npz").stat().st_size / 2
    assert (tmp_path / "same.npz").read_bytes() == (tmp_path / "untuned.npz").read_bytes()
    assert not read_fused(tmp_path / "same.npz").tuned


def test_predictions_come_back(tmp_path):
    predictions = Predictions(
        candidates=["bert-ce", "vote_first"],
        methods=["none", "coordinate"],
        weights=RNG.random((2, 3)),
        nested=RNG.integers(3, size=(2, 5), dtype=np.int32),
        test=RNG.integers(3, size=(2, 4), dtype=np.int32),
        chosen=1,
    )
    write_predictions(tmp_path / "p.npz", predictions)
    read = read_predictions(tmp_path / "p.npz")
    assert (read.candidates, read.methods, read.chosen) == (predictions.candidates, predictions.methods, 1)
    for name in ("weights", "nested", "test"):
        np.testing.assert_array_equal(getattr(read, name), getattr(predictions, name))


@pytest.mark.parametrize("read", [read_fused, read_predictions])
def test_missing_files(tmp_path, read):
    with pytest.raises(UserError, match=r"x\.npz: not found\. It is made by an earlier stage"):
        read(tmp_path / "x.npz")
