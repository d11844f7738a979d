from dataclasses import replace

import numpy as np
import pytest

from pipeline.reporting.contents import Contents


@pytest.mark.parametrize("name", ["label_counts", "f1_before", "f1_after", "class_weights", "label_groups"])
def test_a_list_of_another_length_is_refused(contents: Contents, name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} has 2 values for 35 labels"):
        replace(contents, **{name: [1, 2]})


@pytest.mark.parametrize("name", ["confusion", "agreement", "correlation"])
def test_a_matrix_of_another_shape_is_refused(contents: Contents, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        replace(contents, **{name: np.zeros((2, 3))})


def test_exactly_one_candidate_is_chosen(contents: Contents) -> None:
    nobody = [replace(candidate, chosen=False) for candidate in contents.candidates]
    with pytest.raises(ValueError, match="got 0"):
        replace(contents, candidates=nobody)
    assert contents.chosen.name == "vote-rank"
