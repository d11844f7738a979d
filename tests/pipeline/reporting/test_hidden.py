import numpy as np
import pytest
from sklearn.metrics import f1_score

from pipeline.artifacts.predictions import Predictions
from pipeline.errors import UserError
from pipeline.reporting.hidden import score_hidden


@pytest.fixture
def predictions():
    return Predictions(
        candidates=["svm", "svm", "vote"],
        methods=["none", "coordinate", "none"],
        weights=np.ones((3, 3)),
        nested=np.zeros((3, 2), dtype=np.int32),
        test=np.array([[0, 1, 2, 2], [0, 1, 1, 2], [2, 2, 2, 2]], dtype=np.int32),
        chosen=1,
    )


def write_key(folder, rows):
    (folder / "test_labels.csv").write_text("id,label\n" + "".join(f"{i},{label}\n" for i, label in rows), "utf-8")


def test_scores_are_scikit_learns_in_the_order_of_the_test_file(tmp_path, predictions):
    write_key(tmp_path, [("d", "c"), ("c", "b"), ("b", "b"), ("a", "a")])
    hidden = score_hidden(tmp_path, ["a", "b", "c", "d"], predictions, ["a", "b", "c"])
    truth = [0, 1, 1, 2]
    expected = [f1_score(truth, row, average="macro", labels=[0, 1, 2]) for row in predictions.test]
    assert hidden["scores"]["svm"]["none"] == pytest.approx(expected[0], abs=1e-6)
    assert hidden["scores"]["svm"]["coordinate"] == hidden["submission"] == pytest.approx(1.0)
    assert hidden["scores"]["vote"]["none"] == pytest.approx(expected[2], abs=1e-6)


def test_no_key_no_scores(predictions):
    assert score_hidden(None, ["a"], predictions, ["a"]) == {"submission": None, "scores": {}}


@pytest.mark.parametrize("rows", [[("a", "a")], [("a", "a"), ("b", "new")]])
def test_a_row_without_a_known_label_is_named(tmp_path, predictions, rows):
    write_key(tmp_path, rows)
    with pytest.raises(UserError, match=r"test_labels.csv: test row 'b'"):
        score_hidden(tmp_path, ["a", "b"], predictions, ["a"])


def test_the_chosen_candidate_without_weights(predictions):
    assert predictions.unweighted({"coordinate"}) == 0
    assert predictions.unweighted({"none"}) == 1
    alone = Predictions(["svm"], ["coordinate"], np.ones((1, 2)), predictions.nested[:1], predictions.test[:1], 0)
    assert alone.unweighted({"coordinate"}) == 0
