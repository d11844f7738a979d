import pytest
import torch

from pipeline.runtime.accelerator import make_accelerator, prepare_optimizer


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_without_loss_scaling_the_optimiser_stays_as_it_is(precision):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1)
    assert prepare_optimizer(make_accelerator("cpu", precision), optimizer) is optimizer
