"""Every pooler against a version that walks rows and tokens, and against padding."""

import math

import numpy as np
import pytest
import torch

from pipeline import registry
from pipeline.errors import UserError
from pipeline.models.poolers import DynamicRoutingPooler, squash

H = 12
LENGTHS = (7, 1, 4, 2)


def slow_cls(pooler, tokens):
    return tokens[0]


def slow_mean(pooler, tokens):
    return [sum(token[d] for token in tokens) / len(tokens) for d in range(H)]


def slow_max(pooler, tokens):
    return [max(token[d] for token in tokens) for d in range(H)]


def slow_squash(vector):
    length = math.sqrt(sum(x * x for x in vector))
    return [length**2 / (1 + length**2) * x / max(length, 1e-12) for x in vector]


def slow_dynamic_routing(pooler, tokens):
    weight, bias = pooler.projection.weight.detach().numpy(), pooler.projection.bias.detach().numpy()
    size = H // pooler.capsules
    sent = [(weight @ np.array(token) + bias).reshape(pooler.capsules, size) for token in tokens]
    agreement = [[0.0] * pooler.capsules for _ in tokens]
    for _ in range(pooler.iterations):
        inputs = np.zeros((pooler.capsules, size))
        for t in range(len(tokens)):
            exps = [math.exp(a) for a in agreement[t]]
            for k in range(pooler.capsules):
                inputs[k] += exps[k] / sum(exps) * sent[t][k]
        capsules = [slow_squash(vector) for vector in inputs]
        for t in range(len(tokens)):
            for k in range(pooler.capsules):
                agreement[t][k] += sum(a * b for a, b in zip(capsules[k], sent[t][k], strict=True))
    return [x for capsule in capsules for x in capsule]


def slow_self_attention(pooler, tokens):
    inner, bias = pooler.inner.weight.detach().numpy(), pooler.inner.bias.detach().numpy()
    score = pooler.score.weight.detach().numpy()[0]
    exps = [math.exp(score @ np.tanh(inner @ np.array(token) + bias)) for token in tokens]
    return [sum(e * token[d] for e, token in zip(exps, tokens, strict=True)) / sum(exps) for d in range(H)]


SLOW = {
    "cls": slow_cls,
    "mean": slow_mean,
    "max": slow_max,
    "self_attention": slow_self_attention,
    "dynamic_routing": slow_dynamic_routing,
}
every_pooler = pytest.mark.parametrize("word", registry.words("poolers"))


@pytest.fixture
def make_pooler(piece_arguments):
    def make(word):
        torch.manual_seed(0)
        return registry.load("poolers", word)(H, **piece_arguments("poolers", word))

    return make


def padded(rows, width, filling):
    hidden_states = torch.full((len(rows), width, H), filling)
    mask = torch.zeros(len(rows), width, dtype=torch.int64)
    for i, row in enumerate(rows):
        hidden_states[i, : len(row)] = row
        mask[i, : len(row)] = 1
    return hidden_states, mask


@pytest.fixture
def rows():
    """All values lie below zero in the last dimension, so that a maximum over padding zeros would show."""
    generator = torch.Generator().manual_seed(1)
    made = [torch.randn(n, H, generator=generator) * 2 for n in LENGTHS]
    for row in made:
        row[:, -1] = -row[:, -1].abs() - 1
    return made


@every_pooler
def test_equals_loop(word, make_pooler, rows):
    pooler = make_pooler(word)
    expected = [SLOW[word](pooler, row.tolist()) for row in rows]
    pooled = pooler(*padded(rows, max(LENGTHS), 0.0))
    np.testing.assert_allclose(pooled.detach().numpy(), expected, rtol=0, atol=1e-5)


@every_pooler
@pytest.mark.parametrize("filling", [0.0, 100.0, -100.0])
def test_padding_changes_nothing(word, make_pooler, rows, filling):
    pooler = make_pooler(word)
    alone = torch.cat([pooler(row[None], torch.ones(1, len(row), dtype=torch.int64)) for row in rows])
    torch.testing.assert_close(pooler(*padded(rows, 11, filling)), alone, rtol=0, atol=1e-5)


@every_pooler
def test_gradients_reach_real_tokens_and_no_padding(word, make_pooler, rows):
    hidden_states, mask = padded(rows, 9, 0.5)
    hidden_states.requires_grad_()
    pooled = make_pooler(word)(hidden_states, mask)
    assert pooled.shape == (len(rows), H)
    (pooled * torch.randn(pooled.shape, generator=torch.Generator().manual_seed(2))).sum().backward()
    assert torch.isfinite(hidden_states.grad).all()
    assert not hidden_states.grad[mask == 0].any()
    assert hidden_states.grad.any(dim=2).any(dim=1).all()


@every_pooler
def test_runs_under_bfloat16_autocast(word, make_pooler, rows):
    hidden_states, mask = padded(rows, 9, 0.0)
    pooler = make_pooler(word)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        pooled = pooler(hidden_states, mask)
    assert torch.isfinite(pooled).all()
    torch.testing.assert_close(pooled.float(), pooler(hidden_states, mask), rtol=0, atol=0.05)


def test_mean_divides_by_real_tokens():
    pooler = registry.load("poolers", "mean")(2)
    hidden_states = torch.tensor([[[2.0, 4.0], [4.0, 8.0], [9.0, 9.0], [9.0, 9.0]]])
    assert pooler(hidden_states, torch.tensor([[1, 1, 0, 0]])).tolist() == [[3.0, 6.0]]


def test_routing_prefers_the_capsule_that_agrees(rows):
    """Three tokens of four send capsule 0 the same vector: more iterations draw it nearer to them."""
    pooler = DynamicRoutingPooler(4, capsules=2, iterations=1)
    torch.nn.init.eye_(pooler.projection.weight)
    torch.nn.init.zeros_(pooler.projection.bias)
    tokens = torch.tensor([[[2.0, 0.0, 1.0, 0.0]] * 3 + [[0.0, 2.0, 0.0, 1.0]]])
    mask = torch.ones(1, 4)
    once = pooler(tokens, mask)
    pooler.iterations = 3
    often = pooler(tokens, mask)
    assert often[0, 0] / often[0, :2].norm() > once[0, 0] / once[0, :2].norm()


def test_routing_stays_in_fp32_under_autocast(rows):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        pooled = DynamicRoutingPooler(H, capsules=3, iterations=2)(*padded(rows, 7, 0.0))
    assert pooled.dtype == torch.float32


@pytest.mark.parametrize(("length", "expected"), [(0.0, 0.0), (0.5, 0.2), (1.0, 0.5), (3.0, 0.9), (1e3, 1.0)])
def test_squash_by_hand(length, expected):
    direction = torch.tensor([0.6, -0.8])
    torch.testing.assert_close(squash(direction * length), direction * expected, rtol=0, atol=1e-4)


def test_squash_shrinks_every_length_and_keeps_their_order():
    lengths = torch.linspace(0.01, 20, 500)  # a tangent in the place of the squash would leap at π/2
    squashed = squash(lengths[:, None] * torch.tensor([0.6, 0.8])).norm(dim=-1)
    assert (squashed < 1).all()
    assert (squashed < lengths).all()
    assert (squashed.diff() > 0).all()


def test_squash_of_nothing_has_a_finite_gradient():
    vector = torch.zeros(3, requires_grad=True)
    squash(vector).sum().backward()
    assert torch.isfinite(vector.grad).all()


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"capsules": 5, "iterations": 3}, "capsules 5"),
        ({"capsules": 0, "iterations": 3}, "capsules 0"),
        ({"capsules": 4, "iterations": 0}, "iterations 0"),
    ],
)
def test_impossible_routing_is_refused(arguments, part):
    with pytest.raises(UserError, match=part):
        DynamicRoutingPooler(H, **arguments)


def test_attention_without_a_network_is_refused():
    with pytest.raises(UserError, match="self_attention: got size 0"):
        registry.load("poolers", "self_attention")(H, size=0)
