import numpy as np
import pytest
import torch

C = 4


@pytest.fixture
def logits():
    """[9, 4]"""
    generator = torch.Generator().manual_seed(3)
    return (torch.randn(9, C, generator=generator, dtype=torch.float64) * 2).requires_grad_()


@pytest.fixture
def labels():
    """[9]: class 1 has one row, class 3 has none."""
    return torch.tensor([0, 2, 2, 0, 1, 0, 2, 2, 0])


@pytest.fixture(params=["ids", "certain", "soft"])
def targets(request, labels):
    """Ids, the same as probabilities, and probabilities that no row is certain of; class 3 has none of them."""
    if request.param == "ids":
        return labels
    certain = torch.nn.functional.one_hot(labels, C).double()
    if request.param == "certain":
        return certain
    of_others = torch.rand(9, C, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    mixed = (certain + of_others) * torch.tensor([1.0, 1.0, 1.0, 0.0])
    return mixed / mixed.sum(dim=1, keepdim=True)


@pytest.fixture
def class_weights():
    return torch.tensor([0.4, 2.5, 1.0, 7.0], dtype=torch.float64)


@pytest.fixture
def row_weights():
    return torch.tensor([1.0, 0.3, 2.0, 0.0, 1.0, 0.7, 1.0, 0.5, 3.0], dtype=torch.float64)


@pytest.fixture
def slow_t(targets):
    """The targets as probabilities, a list for each row."""
    if targets.dim() == 2:
        return targets.tolist()
    return [[float(c == label) for c in range(C)] for label in targets.tolist()]


@pytest.fixture
def slow_p(logits):
    rows = np.exp(logits.detach().numpy())
    return [(row / row.sum()).tolist() for row in rows]


@pytest.fixture(params=[20.0, 100.0, 1e4])
def certain_batch(request):
    """Rows of which the model is as good as certain, rightly and wrongly; fp32."""
    logits = torch.tensor([[1.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 0, 1.0, 0]]) * request.param
    return logits.requires_grad_(), torch.tensor([0, 1, 3])
