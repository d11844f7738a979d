import pytest
import torch

from pipeline.runtime.torch_setup import autocast, make_accelerator, prepare_optimizer, set_up_torch


@pytest.fixture(autouse=True)
def own_threads():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def test_equal_seeds_draw_equal_numbers():
    def draw(seed):
        set_up_torch(1, seed)
        return torch.rand(3).tolist()

    assert draw(1) == draw(1) != draw(2)


def test_the_number_of_threads_is_set():
    set_up_torch(2, 0)
    assert torch.get_num_threads() == 2
    set_up_torch(1, 0)
    assert torch.get_num_threads() == 1


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_matrix_products_run_in_the_precision(precision, dtype):
    one = torch.ones(2, 2)
    with autocast("cpu", precision):
        assert (one @ one).dtype == dtype
    assert (one @ one).dtype == torch.float32


def test_a_numbered_device_is_of_its_kind():
    one = torch.ones(2, 2)
    with autocast("cpu:0", "bf16"):
        assert (one @ one).dtype == torch.bfloat16


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_without_loss_scaling_the_optimiser_stays_as_it_is(precision):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1)
    assert prepare_optimizer(make_accelerator("cpu", precision), optimizer) is optimizer
