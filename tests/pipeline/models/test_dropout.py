import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from pipeline.models.dropout import ByteDropout, draw_mask, set_dropout, use_byte_dropout

ENCODERS = ["bert", "nezha", "roberta", "albert", "ernie", "electra", "deberta-v2", "modernbert"]


def states_twice(model, p):
    """Two passes in training mode of the model made again with its dropout set to `p`."""
    set_dropout(model.config, p)
    encoder = type(model)(model.config).train()
    input_ids = torch.tensor([[2, 9, 11, 3]])
    with torch.no_grad():
        return [
            encoder(input_ids=input_ids, attention_mask=torch.ones_like(input_ids)).last_hidden_state for _ in range(2)
        ]


@pytest.mark.parametrize("model_type", ENCODERS)
def test_zero_dropout_leaves_nothing_to_chance(make_model, model_type):
    torch.testing.assert_close(*states_twice(make_model(model_type), 0.0), rtol=0, atol=0)


@pytest.mark.parametrize("model_type", ENCODERS)
def test_some_dropout_reaches_the_hidden_states_alone(make_model, model_type):
    model = make_model(model_type)
    assert not torch.equal(*states_twice(model, 0.3))
    names = ("attention_probs_dropout_prob", "attention_dropout")
    rates = [getattr(model.config, name) for name in names if hasattr(model.config, name)]
    assert rates
    assert not any(rates)


N = 2**18


def dropped_share(p):
    return min(max(round(256 * p), 1), 255) / 256


@settings(max_examples=25)
@given(p=st.floats(0.001, 0.999), seed=st.integers(0, 2**31))
def test_mean_and_variance(p, seed):
    """Of a constant input: the mean is the input, the variance that of a scaled coin."""
    torch.manual_seed(seed)
    share = dropped_share(p)
    out = ByteDropout(p)(torch.full((N,), 3.0)).double()
    variance = 9 * share / (1 - share)
    assert abs(float(out.mean()) - 3) < 6 * np.sqrt(variance / N)
    assert set(out.unique().tolist()) <= {0.0, float(np.float32(3.0) * np.float32(1 / (1 - share)))}
    zeros = float((out == 0).double().mean())
    assert abs(zeros - share) < 6 * np.sqrt(share * (1 - share) / N)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_independence(p):
    """Elements next to each other, eight apart (a number's bytes), and of two draws are uncorrelated."""
    torch.manual_seed(0)
    first, second = (draw_mask(torch.empty(N), p) == 0 for _ in range(2))
    first, second = first.double() - first.double().mean(), second.double() - second.double().mean()
    pairs = [(first[:-lag], first[lag:]) for lag in (1, 2, 3, 4, 5, 6, 7, 8, 16, 64)] + [(first, second)]
    for a, b in pairs:
        assert abs(float((a * b).mean() / first.var())) < 5 / np.sqrt(N)


def test_every_byte_of_a_number_is_uniform():
    """Also the highest, whose top bit torch's plain `random_()` leaves out."""
    torch.manual_seed(0)
    for p in (0.25, 0.5, 0.75):
        zeros = (draw_mask(torch.empty(N), p) == 0).double().view(-1, 8).mean(dim=0)
        torch.testing.assert_close(zeros, torch.full((8,), p, dtype=torch.float64), rtol=0, atol=0.012)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("shape", [(7, 5, 3), (8,), (1,), (0, 4), ()])
def test_the_gradient_is_the_mask(dtype, shape):
    torch.manual_seed(3)
    x = torch.randn(shape, dtype=dtype).requires_grad_()
    torch.manual_seed(4)
    out = ByteDropout(0.3)(x)
    torch.manual_seed(4)
    mask = draw_mask(x, 0.3)
    assert out.dtype == dtype
    assert out.shape == x.shape
    torch.testing.assert_close(out, x * mask, rtol=0, atol=0)
    out.backward(torch.ones_like(out))
    torch.testing.assert_close(x.grad, mask, rtol=0, atol=0)


def test_the_generator_s_state_determines_the_mask():
    dropout, x = ByteDropout(0.2), torch.ones(1000)
    torch.manual_seed(0)
    dropout(x)
    state = torch.get_rng_state()
    out = dropout(x)
    other = dropout(x)
    torch.set_rng_state(state)
    assert torch.equal(dropout(x), out)
    assert not torch.equal(other, out)


@pytest.mark.parametrize(("p", "training"), [(0.0, True), (0.4, False), (0.0, False)])
def test_identity_where_nothing_is_dropped(p, training):
    x, state = torch.randn(50), torch.get_rng_state()
    assert torch.equal(ByteDropout(p).train(training)(x), x)
    assert torch.equal(torch.get_rng_state(), state)


def test_everything_is_dropped_at_1():
    assert not ByteDropout(1.0)(torch.ones(50)).any()


def test_in_place_and_not():
    x = torch.ones(64)
    ByteDropout(0.5)(x)
    assert x.all()
    out = ByteDropout(0.5, inplace=True)(x)
    assert out.data_ptr() == x.data_ptr()
    assert not x.all()


def test_noncontiguous_input():
    x = torch.randn(6, 4).t()
    torch.manual_seed(1)
    out = ByteDropout(0.5)(x)
    torch.manual_seed(1)
    torch.testing.assert_close(out, x * draw_mask(x, 0.5))


@pytest.mark.parametrize("model_type", ["bert", "nezha", "roberta", "albert", "electra", "deberta-v2", "modernbert"])
def test_it_takes_the_place_of_every_dropout_of_an_encoder(make_model, model_type, monkeypatch):
    """In training no element-wise draw of torch is left, and in evaluation nothing changes."""
    model = make_model(model_type, hidden_dropout_prob=0.2, attention_probs_dropout_prob=0.0)
    input_ids = torch.tensor([[2, 9, 11, 3], [2, 7, 3, 8]])
    with torch.no_grad():
        before = model(input_ids=input_ids).last_hidden_state
        keys = list(model.state_dict())
        use_byte_dropout(model)
        torch.testing.assert_close(model(input_ids=input_ids).last_hidden_state, before, rtol=0, atol=0)
        assert list(model.state_dict()) == keys
        assert not any(type(module) is nn.Dropout for module in model.modules())
        drawn = []
        original = functional.dropout
        monkeypatch.setattr(
            functional,
            "dropout",
            lambda x, p=0.5, training=True, inplace=False: (
                drawn.append(p if training else 0.0),
                original(x, p, training, inplace),
            )[1],
        )
        model.train()
        torch.manual_seed(0)
        first = model(input_ids=input_ids).last_hidden_state
        torch.manual_seed(0)
        torch.testing.assert_close(model(input_ids=input_ids).last_hidden_state, first, rtol=0, atol=0)
        assert not any(drawn)
