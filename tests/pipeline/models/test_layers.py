"""Each way of reading layers against a version that walks layers, rows and tokens."""

import math

import numpy as np
import pytest
import torch

from pipeline import registry
from pipeline.errors import UserError
from pipeline.models.build import build_classifier

H, N_LAYERS = 4, 3
LENGTHS = (5, 1, 3)


@pytest.fixture
def states():
    """Embeddings and three layers, [3, 5, 4] each."""
    generator = torch.Generator().manual_seed(0)
    return tuple(torch.randn(len(LENGTHS), max(LENGTHS), H, generator=generator) for _ in range(N_LAYERS + 1))


@pytest.fixture
def mask():
    return torch.tensor([[int(t < n) for t in range(max(LENGTHS))] for n in LENGTHS])


def make(word, **arguments):
    torch.manual_seed(1)
    return registry.load("layers", word)(H, N_LAYERS, **arguments)


@pytest.mark.parametrize("word", registry.words("layers"))
def test_width_is_as_said(word, states, mask, named):
    layers = make(word, **{key: value for key, value in named("layers", word).items() if key != "name"})
    read = states if layers.all_layers else states[-1:]
    assert layers(read, mask).shape == (3, 5, layers.output_size)
    assert layers.n_layers == (1 if word == "early_exit" else N_LAYERS)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_concat_last_by_hand(states, mask, n):
    expected = [
        [[x for layer in states[N_LAYERS + 1 - n :] for x in layer[b, t].tolist()] for t in range(5)] for b in range(3)
    ]
    assert make("concat_last", n=n)(states, mask).tolist() == expected


def test_weighted_sum_by_hand(states, mask):
    layers = make("weighted_sum")
    torch.testing.assert_close(layers(states, mask), torch.stack(states[1:]).mean(dim=0))
    with torch.no_grad():
        layers.scores.copy_(torch.tensor([0.5, -1.0, 2.0]))
    powers = [math.exp(score) for score in (0.5, -1.0, 2.0)]
    expected = sum(power / sum(powers) * layer for power, layer in zip(powers, states[1:], strict=True))
    torch.testing.assert_close(layers(states, mask), expected)


def slow_gru(network, tokens):
    """The last state of a GRU over one text, gate by gate (PyTorch's equations)."""
    weights = {name: value.detach().numpy().astype(float) for name, value in network.named_parameters()}
    state = np.zeros(network.hidden_size)
    for token in tokens:
        read = weights["weight_ih_l0"] @ token + weights["bias_ih_l0"]
        kept = weights["weight_hh_l0"] @ state + weights["bias_hh_l0"]
        (r_in, z_in, n_in), (r_old, z_old, n_old) = np.split(read, 3), np.split(kept, 3)
        reset, update = 1 / (1 + np.exp(-r_in - r_old)), 1 / (1 + np.exp(-z_in - z_old))
        state = (1 - update) * np.tanh(n_in + reset * n_old) + update * state
    return state


def test_hire_against_loops(states, mask):
    layers = make("hire", size=2)
    got = layers(states, mask).detach().numpy()
    weight, bias = layers.score.weight.detach().numpy()[0], layers.score.bias.item()
    for row, length in enumerate(LENGTHS):
        each = [layer[row, :length].numpy().astype(float) for layer in states[1:]]
        read = [
            np.concatenate([slow_gru(layers.reader.forward_rnn, own), slow_gru(layers.reader.backward_rnn, own[::-1])])
            for own in each
        ]
        powers = np.exp([weight @ vector + bias for vector in read])
        mixed = sum(power / powers.sum() * own for power, own in zip(powers, each, strict=True))
        expected = np.concatenate([each[-1], mixed, each[-1] * mixed], axis=1)
        np.testing.assert_allclose(got[row, :length], expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("word", ["early_exit", "concat_last"])
@pytest.mark.parametrize("n", [0, 4, -1])
def test_layers_that_are_not_there_are_refused(word, n):
    with pytest.raises(UserError, match=rf"^layers {word}: got n {n}, 1 to 3 are allowed"):
        make(word, n=n)


@pytest.mark.parametrize("word", [word for word in registry.words("layers") if word != "last"])
def test_word_vectors_have_no_layers_to_choose_from(word, named):
    arguments = {key: value for key, value in named("layers", word).items() if key != "name"}
    with pytest.raises(UserError, match=rf"^layers {word}: this encoder has no layers to choose from"):
        registry.load("layers", word)(H, 0, **arguments)


def test_hire_without_units_is_refused():
    with pytest.raises(UserError, match="hire: got size 0, 1 or more"):
        make("hire", size=0)


@pytest.mark.parametrize(
    "model_type", ["bert", "roberta", "albert", "ernie", "electra", "deberta-v2", "modernbert", "nezha"]
)
def test_early_exit_has_the_states_of_that_layer_and_no_more_layers(make_model, recipe, batch, tmp_path, model_type):
    """ModernBERT normalises what its last layer gives, wherever it ends."""
    whole = make_model(model_type, num_hidden_layers=3)
    whole.save_pretrained(tmp_path)
    cut = recipe(layers={"name": "early_exit", "n": 2}, dropout=0.0)
    classifier = build_classifier(tmp_path, 3, cut).eval()
    input_ids, mask = batch(1 if model_type == "roberta" else 0)
    with torch.no_grad():
        expected = whole(input_ids=input_ids, attention_mask=mask, output_hidden_states=True).hidden_states[2]
        if model_type == "modernbert":
            expected = whole.final_norm(expected)
        got = classifier.encoder(input_ids=input_ids, attention_mask=mask).last_hidden_state
    torch.testing.assert_close(got[mask.bool()], expected[mask.bool()], rtol=0, atol=1e-5)
    if model_type != "albert":  # whose layers share their weights
        assert not [name for name, _ in classifier.named_parameters() if ".2." in name]
