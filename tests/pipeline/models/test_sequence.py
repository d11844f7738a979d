"""Recurrent layers against PyTorch's own on each text alone, and convolutions against loops."""

import numpy as np
import pytest
import torch
from torch import nn

from pipeline import registry
from pipeline.errors import UserError
from pipeline.models.bidirectional import Bidirectional, mirrored_positions

H = 6
LENGTHS = (7, 1, 4, 2)
NETWORKS = pytest.mark.parametrize("network", [nn.LSTM, nn.GRU])


@pytest.fixture
def rows():
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(n, H, generator=generator) for n in LENGTHS]


def padded(rows, width, filling):
    states, mask = torch.full((len(rows), width, H), filling), torch.zeros(len(rows), width, dtype=torch.int64)
    for i, row in enumerate(rows):
        states[i, : len(row)] = row
        mask[i, : len(row)] = 1
    return states, mask


def reference(ours, network):
    """PyTorch's bidirectional network with the weights of ours."""
    theirs = network(H, ours.output_size // 2, batch_first=True, bidirectional=True)
    state = dict(ours.forward_rnn.state_dict())
    state |= {f"{name}_reverse": value for name, value in ours.backward_rnn.state_dict().items()}
    theirs.load_state_dict(state)
    return theirs


@NETWORKS
@pytest.mark.parametrize("filling", [0.0, 100.0])
def test_equals_pytorch_on_each_text_alone(rows, network, filling):
    torch.manual_seed(0)
    ours = Bidirectional(network, H, 3)
    got = ours(*padded(rows, 9, filling))
    assert got.shape == (4, 9, ours.output_size) == (4, 9, 6)
    for i, row in enumerate(rows):
        expected = reference(ours, network)(row[None])[0][0]
        torch.testing.assert_close(got[i, : len(row)], expected, rtol=0, atol=1e-5)


@NETWORKS
def test_gradients_equal_those_of_packed_sequences(rows, network):
    torch.manual_seed(0)
    ours = Bidirectional(network, H, 3)
    theirs = reference(ours, network)
    states, mask = padded(rows, 7, 0.5)
    gradients = []
    for run in (
        lambda x: ours(x, mask),
        lambda x: nn.utils.rnn.pad_packed_sequence(
            theirs(nn.utils.rnn.pack_padded_sequence(x, mask.sum(dim=1), batch_first=True, enforce_sorted=False))[0],
            batch_first=True,
        )[0],
    ):
        leaf = states.clone().requires_grad_()
        (run(leaf) * mask.unsqueeze(-1)).square().sum().backward()
        gradients.append(leaf.grad)
    torch.testing.assert_close(gradients[0], gradients[1], rtol=0, atol=1e-5)
    assert not gradients[0][mask == 0].any()
    for name, parameter in ours.forward_rnn.named_parameters():
        torch.testing.assert_close(parameter.grad, dict(theirs.named_parameters())[name].grad, rtol=0, atol=1e-4)


@NETWORKS
def test_summary_is_the_last_state_of_each_direction(rows, network):
    torch.manual_seed(0)
    ours = Bidirectional(network, H, 3)
    summary = ours.summary(*padded(rows, 9, 100.0))
    for i, row in enumerate(rows):
        last = reference(ours, network)(row[None])[1]
        last = last[0] if network is nn.LSTM else last
        torch.testing.assert_close(summary[i], last.flatten(), rtol=0, atol=1e-5)


def test_mirrored_positions_by_hand():
    mask = torch.tensor([[1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0]])
    assert mirrored_positions(mask).tolist() == [[2, 1, 0, 3], [0, 1, 2, 3], [3, 2, 1, 0], [0, 1, 2, 3]]


def test_the_gru_is_no_second_lstm():
    layers = {word: registry.load("sequence", word)(H, size=3) for word in ("lstm", "gru")}
    for word, network in (("lstm", nn.LSTM), ("gru", nn.GRU)):
        assert type(layers[word].forward_rnn) is type(layers[word].backward_rnn) is network
    n_weights = {word: sum(p.numel() for p in layer.parameters()) for word, layer in layers.items()}
    assert n_weights["gru"] * 4 == n_weights["lstm"] * 3  # three gates, not four


@pytest.mark.parametrize("filling", [0.0, 100.0])
def test_textcnn_against_loops(rows, filling):
    torch.manual_seed(0)
    layer = registry.load("sequence", "textcnn")(H, filters=3, widths=[1, 2, 3, 4])
    got = layer(*padded(rows, 9, filling)).detach().numpy()
    assert got.shape == (4, 9, layer.output_size) == (4, 9, 12)
    for i, row in enumerate(rows):
        np.testing.assert_allclose(got[i, : len(row)], convolved_by_loops(layer, row.numpy()), rtol=0, atol=1e-5)


def convolved_by_loops(layer, row):
    """What filters of widths 1 to 4 give at each token of one text [T, H], in loops: → [T, 12]."""
    expected = np.zeros((len(row), 12))
    for t in range(len(row)):
        values = []
        for convolution, size in zip(layer.convolutions, (1, 2, 3, 4), strict=True):
            weight, bias = convolution.weight.detach().numpy(), convolution.bias.detach().numpy()
            for f in range(3):
                value = float(bias[f])
                for offset in range(size):
                    seen = t - (size - 1) // 2 + offset
                    if 0 <= seen < len(row):
                        value += float(weight[f, :, offset] @ row[seen])
                values.append(max(value, 0.0))
        expected[t] = values
    return expected


WORD_CONV = {"segment": "whitespace", "buckets": 5, "size": 2, "filters": 3, "widths": [1, 2, 3, 4]}


@pytest.mark.parametrize("filling", [0.0, 100.0])
def test_word_conv_against_loops(rows, filling):
    torch.manual_seed(0)
    layer = registry.load("sequence", "word_conv")(H, **WORD_CONV)
    states, mask = padded(rows, 9, filling)
    word_ids = torch.randint(1, 2**31 - 1, mask.shape)
    word_ids[:, 0] = 0  # a special token
    got = layer(states, mask, word_ids).detach().numpy()
    assert got.shape == (4, 9, layer.output_size) == (4, 9, 12)
    table = layer.words.weight.detach().numpy()
    assert not table[0].any()
    for i, row in enumerate(rows):
        numbers = word_ids[i, : len(row)].tolist()
        vectors = np.array([table[0 if number == 0 else 1 + number % 5] for number in numbers])
        beside = np.hstack([row.numpy(), vectors])
        np.testing.assert_allclose(got[i, : len(row)], convolved_by_loops(layer, beside), rtol=0, atol=1e-5)


def test_word_conv_tells_words_apart(rows):
    torch.manual_seed(0)
    layer = registry.load("sequence", "word_conv")(H, **WORD_CONV)
    states, mask = padded(rows, 9, 0.0)
    first, same_bucket, another = (layer(states, mask, torch.full_like(mask, number)) for number in (1, 6, 2))
    assert torch.equal(first, same_bucket)
    assert not torch.allclose(first, another)


@pytest.mark.parametrize(
    ("word", "arguments", "message"),
    [
        ("lstm", {"size": 0}, "got size 0, 1 or more"),
        ("gru", {"size": -1}, "got size -1, 1 or more"),
        ("textcnn", {"filters": 0, "widths": [2]}, "textcnn: got filters 0"),
        ("textcnn", {"filters": 3, "widths": []}, r"textcnn: got widths \[\]"),
        ("textcnn", {"filters": 3, "widths": [2, 0]}, r"textcnn: got widths \[2, 0\]"),
        ("word_conv", WORD_CONV | {"filters": 0}, "word_conv: got filters 0"),
        ("word_conv", WORD_CONV | {"buckets": 0}, "word_conv: got buckets 0 and size 2, 1 or more"),
        ("word_conv", WORD_CONV | {"size": 0}, "word_conv: got buckets 5 and size 0, 1 or more"),
    ],
)
def test_impossible_shapes_are_refused(word, arguments, message):
    with pytest.raises(UserError, match=message):
        registry.load("sequence", word)(H, **arguments)
