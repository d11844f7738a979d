import pytest
import torch

from pipeline.models.head import ClassificationHead

H, C = 6, 3
BOTH = pytest.mark.parametrize("reduce", ["mean", "sum"])


def make_head(**arguments):
    torch.manual_seed(0)
    return ClassificationHead(H, C, **arguments)


@pytest.fixture
def pooled():
    return torch.randn(5, H, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("samples", [1, 4])
def test_without_dropout_it_is_linear(pooled, samples):
    head = make_head(samples=samples, reduce="mean", p=0.0)
    torch.testing.assert_close(head.train()(pooled), head.linear(pooled))


@pytest.mark.parametrize("p", [0.0, 0.3])
@pytest.mark.parametrize("training", [False, True])
def test_sum_is_n_times_mean(pooled, p, training):
    mean, summed = (make_head(samples=4, reduce=reduce, p=p).train(training) for reduce in ("mean", "sum"))
    logits = []
    for head in (mean, summed):
        torch.manual_seed(7)
        logits.append(head(pooled))
    torch.testing.assert_close(logits[1], 4 * logits[0])


@BOTH
@pytest.mark.parametrize("samples", [1, 2, 5])
def test_equals_the_linear_layer_under_each_mask(pooled, reduce, samples):
    head = make_head(samples=samples, reduce=reduce, p=0.4).train()
    torch.manual_seed(7)
    logits = head(pooled)
    torch.manual_seed(7)
    each = [head.linear(head.dropout(pooled)) for _ in range(samples)]
    expected = sum(each) if reduce == "sum" else sum(each) / samples
    torch.testing.assert_close(logits, expected)


@BOTH
def test_evaluation_is_the_expectation(pooled, reduce):
    head = make_head(samples=4, reduce=reduce, p=0.5).train()
    torch.manual_seed(2)
    with torch.no_grad():
        drawn = torch.stack([head(pooled) for _ in range(1500)])
        expected = head.eval()(pooled)
    standard_error = drawn.std(dim=0) / len(drawn) ** 0.5
    assert ((drawn.mean(dim=0) - expected).abs() < 5 * standard_error).all()


@BOTH
def test_evaluation_draws_nothing(pooled, reduce):
    head = make_head(samples=4, reduce=reduce, p=0.5).eval()
    torch.testing.assert_close(head(pooled), head(pooled), rtol=0, atol=0)


def test_more_masks_make_the_logits_steadier(pooled):
    torch.manual_seed(3)
    spread = []
    for samples in (1, 8):
        head = make_head(samples=samples, reduce="mean", p=0.5).train()
        spread.append(torch.stack([head(pooled) for _ in range(300)]).std(dim=0).mean())
    assert spread[1] < 0.5 * spread[0]


def test_in_evaluation_logits_are_fp32_whatever_the_encoders_precision(pooled):
    head, half = make_head(samples=1, reduce="mean", p=0.1), pooled.bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert head.train()(half).dtype == torch.bfloat16
        logits = head.eval()(half)
    assert logits.dtype == torch.float32
    torch.testing.assert_close(logits, half.float() @ head.linear.weight.T + head.linear.bias)
