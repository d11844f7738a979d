import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from pipeline.losses.targets import expected, likeliest, of_parents, probabilities

SOFT = torch.tensor([[0.2, 0.5, 0.3], [0.4, 0.4, 0.2], [0.0, 0.0, 1.0]])
PARENT_IDS = torch.tensor([1, 0, 1])


def test_probabilities_have_the_type_and_the_width_of_the_answers():
    like = torch.zeros(2, 4, dtype=torch.float64)
    ids = probabilities(torch.tensor([3, 0]), like)
    assert ids.tolist() == [[0, 0, 0, 1], [1, 0, 0, 0]]
    assert ids.dtype == probabilities(SOFT, torch.zeros(3, 3, dtype=torch.float64)).dtype == torch.float64


def test_of_soft_targets_by_hand():
    assert likeliest(SOFT).tolist() == [1, 0, 2], "of equals the first"
    torch.testing.assert_close(expected(torch.tensor([10.0, 1.0, 100.0]), SOFT), torch.tensor([32.5, 24.4, 100.0]))
    torch.testing.assert_close(of_parents(SOFT, PARENT_IDS, 2), torch.tensor([[0.5, 0.5], [0.4, 0.6], [0.0, 1.0]]))


@given(ids=st.lists(st.integers(0, 2), min_size=1, max_size=9))
def test_ids_say_what_certain_probabilities_say(ids):
    ids = torch.tensor(ids)
    certain = functional.one_hot(ids, 3).float()
    values = torch.tensor([0.1, 7.3, 1e9])
    assert torch.equal(probabilities(ids, certain), certain)
    assert torch.equal(likeliest(certain), ids)
    assert torch.equal(expected(values, ids), expected(values, certain))
    assert torch.equal(
        functional.one_hot(of_parents(ids, PARENT_IDS, 2), 2).float(), of_parents(certain, PARENT_IDS, 2)
    )
