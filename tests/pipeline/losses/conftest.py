import math

import pytest
import torch

C = 4


def slow_softmax(row):
    exps = [math.exp(x - max(row)) for x in row]
    return [x / sum(exps) for x in exps]


@pytest.fixture
def batch():
    """logits [9, 4] and labels [9]: class 1 has one row, class 3 has none."""
    generator = torch.Generator().manual_seed(3)
    logits = torch.randn(9, C, generator=generator, dtype=torch.float64) * 2
    return logits.requires_grad_(), torch.tensor([0, 2, 2, 0, 1, 0, 2, 2, 0])


@pytest.fixture
def class_weights():
    return torch.tensor([0.4, 2.5, 1.0, 7.0], dtype=torch.float64)


@pytest.fixture
def slow_probs(batch):
    return [slow_softmax(row) for row in batch[0].tolist()]


@pytest.fixture(params=[20.0, 100.0, 1e4])
def certain_batch(request):
    """Rows of which the model is as good as certain, rightly and wrongly; fp32."""
    logits = torch.tensor([[1.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 0, 1.0, 0]]) * request.param
    return logits.requires_grad_(), torch.tensor([0, 1, 3])
