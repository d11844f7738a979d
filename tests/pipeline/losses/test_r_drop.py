import math

import pytest
import torch
from scipy.stats import entropy

from pipeline.losses.r_drop import symmetric_kl


@pytest.fixture
def passes():
    generator = torch.Generator().manual_seed(0)
    return [(torch.randn(7, 5, generator=generator) * 3).requires_grad_() for _ in range(2)]


def slow_symmetric_kl(a, b):
    """Over rows of probabilities."""
    rows = []
    for p, q in zip(a, b, strict=True):
        forward = sum(x * math.log(x / y) for x, y in zip(p, q, strict=True))
        backward = sum(y * math.log(y / x) for x, y in zip(p, q, strict=True))
        rows.append((forward + backward) / 2)
    return rows


def test_equals_loop_and_scipy(passes):
    values = symmetric_kl(*passes).tolist()
    a, b = (torch.softmax(logits.detach().double(), dim=-1).numpy() for logits in passes)
    assert values == pytest.approx(slow_symmetric_kl(a.tolist(), b.tolist()), rel=1e-5)
    assert values == pytest.approx((entropy(a, b, axis=1) + entropy(b, a, axis=1)) / 2, rel=1e-5)


def test_gradient_is_that_of_pytorch_kl_on_both_sides(passes):
    a, b = passes
    log_a, log_b = a.log_softmax(dim=-1), b.log_softmax(dim=-1)
    kl = torch.nn.functional.kl_div
    expected = (
        kl(log_b, log_a, log_target=True, reduction="batchmean")
        + kl(log_a, log_b, log_target=True, reduction="batchmean")
    ) / 2
    for ours, theirs in zip(
        *(torch.autograd.grad(v, passes) for v in (symmetric_kl(a, b).mean(), expected)), strict=True
    ):
        assert ours.any()
        torch.testing.assert_close(ours, theirs)


def test_is_symmetric_and_zero_for_equal_passes(passes):
    a, b = passes
    torch.testing.assert_close(symmetric_kl(a, b), symmetric_kl(b, a))
    assert not symmetric_kl(a, a.detach().clone()).any()
    assert (symmetric_kl(a, b) > 0).all()


def test_certain_rows_give_finite_values_and_gradients():
    a = torch.tensor([[200.0, 0, 0], [0, 200.0, 0]], requires_grad=True)
    value = symmetric_kl(a, torch.tensor([[0, 200.0, 0], [0, 200.0, 0]]))
    value.sum().backward()
    assert torch.isfinite(value).all()
    assert torch.isfinite(a.grad).all()


def test_half_precision_is_computed_in_fp32(passes):
    assert symmetric_kl(*(logits.bfloat16() for logits in passes)).dtype == torch.float32
