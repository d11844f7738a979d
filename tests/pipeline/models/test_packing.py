"""Encoders that compute packed tokens, against the same encoders on padded batches."""

import copy
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.models.build import build_classifier
from pipeline.models.like_bert import LIKE_BERT
from pipeline.models.packing import HALF_PRECISION_MULTIPLE, find_packing

PACKED = (*LIKE_BERT, "nezha")
WHOLE = ("albert", "deberta-v2", "modernbert")
TOKENS = 17 + 3 + 9 + 2 + 12


@pytest.fixture
def build(make_model, recipe, tmp_path):
    """A classifier that packs, and a copy of it that does not."""

    def make(model_type, config=None, **changes):
        directory = tmp_path / model_type
        make_model(model_type, num_hidden_layers=3, pad_token_id=0, **(config or {})).save_pretrained(directory)
        torch.manual_seed(1)
        words = recipe(**{"dropout": 0.0, "head": {"samples": 1, "reduce": "mean", "p": 0.0}, **changes})
        ours = build_classifier(directory, 3, words).train()
        padded = copy.deepcopy(ours)
        padded.packs = False
        return ours, padded

    return make


def assert_same(ours, padded, inputs, bf16=False):
    found = []
    for classifier in (ours, padded):
        classifier.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
            logits = classifier(*inputs).logits.float()
        torch.nn.functional.cross_entropy(logits, torch.tensor([0, 1, 2, 0, 1])[: len(logits)]).backward()
        found.append((logits, {name: p.grad for name, p in classifier.named_parameters() if p.requires_grad}))
    (logits, gradients), (expected, expected_gradients) = found
    share = 0.1 if bf16 else 1e-4
    torch.testing.assert_close(logits, expected, rtol=0, atol=share * float(expected.detach().abs().max()))
    scale = max(float(gradient.abs().max()) for gradient in expected_gradients.values())
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradient, expected_gradients[name], rtol=0, atol=share * scale, msg=name)


def rows_computed(classifier, inputs):
    """How many tokens the feed-forward network of the first layer computes."""
    shapes = []
    handle = classifier.encoder.encoder.layer[0].intermediate.register_forward_pre_hook(
        lambda _, inputs: shapes.append(inputs[0].shape[:2].numel())
    )
    classifier(*inputs)
    handle.remove()
    return shapes[0]


@pytest.mark.parametrize("pooler", ["cls", "mean"])
@pytest.mark.parametrize("model_type", PACKED)
def test_logits_and_gradients_are_those_of_the_padded_batch(build, batch, model_type, pooler):
    ours, padded = build(model_type, poolers=[{"name": pooler}])
    for inputs in (batch(), batch(rows=[0, 0, 0]), batch(width=25), batch(rows=[1, 3])):  # the second without padding
        assert_same(ours, padded, inputs)


@pytest.mark.parametrize("pooler", ["cls", "mean"])
@pytest.mark.parametrize("model_type", ["bert", "roberta", "nezha"])
def test_the_same_in_bf16(build, batch, model_type, pooler):
    ours, padded = build(model_type, poolers=[{"name": pooler}])
    inputs = batch(width=40)
    assert_same(ours, padded, inputs, bf16=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert rows_computed(ours, inputs) == HALF_PRECISION_MULTIPLE


@pytest.mark.parametrize("layers", [{"name": "early_exit", "n": 2}, {"name": "concat_last", "n": 2}, "weighted_sum"])
@pytest.mark.parametrize("pooler", ["cls", "max"])
@pytest.mark.parametrize("model_type", ["bert", "nezha"])
def test_with_other_layers(build, batch, model_type, layers, pooler):
    layers = {"name": layers} if isinstance(layers, str) else layers
    assert_same(*build(model_type, layers=layers, poolers=[{"name": pooler}]), batch())


@pytest.mark.parametrize("model_type", PACKED)
def test_with_lora(build, batch, model_type):
    assert_same(*build(model_type, lora={"rank": 2, "alpha": 4, "dropout": 0.0}), batch())


@pytest.mark.parametrize("model_type", PACKED)
def test_training_computes_no_padding_and_prediction_is_padded(build, batch, model_type):
    ours, padded = build(model_type)
    assert rows_computed(ours, batch()) == TOKENS + 1
    assert rows_computed(padded, batch()) == 5 * 17
    assert rows_computed(ours.eval(), batch()) == 5 * 17


def test_a_batch_that_packing_would_not_shorten_stays(build, batch):
    ours, _ = build("bert")
    assert rows_computed(ours, batch(rows=[0, 0])) == 2 * 17
    with torch.autocast("cpu", dtype=torch.bfloat16):  # 44 rows of 64
        assert rows_computed(ours, batch(rows=[0, 1, 2])) == 3 * 17


@pytest.mark.parametrize("pooler", ["cls", "mean"])
@pytest.mark.parametrize("model_type", ["bert", "nezha"])
def test_a_text_without_tokens_leaves_the_batch_padded(build, batch, model_type, pooler):
    ours, padded = build(model_type, poolers=[{"name": pooler}])
    input_ids, mask = batch()
    input_ids[1], mask[1] = 0, 0
    assert rows_computed(ours, (input_ids, mask)) == 5 * 17
    assert_same(ours, padded, (input_ids, mask))


@pytest.mark.parametrize("model_type", PACKED)
def test_a_padding_token_in_a_text(build, batch, model_type):
    """RoBERTa gives it no position, and so the tokens after it other ones."""
    ours, padded = build(model_type)
    input_ids, mask = batch()
    input_ids[0, 4] = 0
    assert_same(ours, padded, (input_ids, mask))


@pytest.mark.parametrize("model_type", WHOLE)
def test_other_families_stay_padded(build, batch, model_type):
    ours, padded = build(model_type)
    assert not ours.packs
    assert_same(ours, padded, batch())


@pytest.mark.parametrize("own", [{"is_decoder": True}, {"chunk_size_feed_forward": 1}], ids=["decoder", "chunks"])
def test_configurations_that_do_not_fit_stay_padded(build, batch, own):
    ours, padded = build("bert", config=own)
    assert not ours.packs
    assert_same(ours, padded, batch())


@pytest.mark.parametrize("model_type", ["bert", "nezha"])
def test_dropout_of_attention_is_kept(build, batch, model_type):
    """`set_dropout` switches it off, but packing does not count on it."""
    ours, _ = build(model_type)
    part = ours.encoder.encoder.layer[0].attention.self
    if model_type == "nezha":
        part.dropout = 0.5
    else:
        part.dropout.p = 0.5
    assert not torch.equal(ours(*batch()).logits, ours(*batch()).logits)


# --- the packing itself --------------------------------------------------------------------------------------------


def packing_of(lengths, width, n_heads):
    mask = (torch.arange(width) < torch.tensor(lengths)[:, None]).long()
    return find_packing(SimpleNamespace(config=SimpleNamespace(num_attention_heads=n_heads)), mask)


texts = st.lists(st.integers(0, 6), min_size=1, max_size=5).flatmap(
    lambda lengths: st.tuples(st.just(lengths), st.integers(max(1, *lengths, 1), 8))
)


@given(shape=texts, n_heads=st.integers(1, 3))
def test_packing_in_loops(shape, n_heads):
    lengths, width = shape
    packing = packing_of(lengths, width, n_heads)
    n_tokens = sum(lengths)
    if packing is None:
        assert n_tokens + 1 >= len(lengths) * width or 0 in lengths
        return
    assert packing.size == n_tokens + 1
    values = torch.arange(1, len(lengths) * width + 1).view(len(lengths), width)
    packed = packing.pack(values, fill=0)
    expected = [int(values[row, column]) for row, length in enumerate(lengths) for column in range(length)]
    assert packed.tolist() == [[*expected, 0]]
    assert torch.equal(packing.unpack(packed[..., None].double())[..., 0].long(), values * packing.mask)

    heads = torch.randn(1, packing.size, n_heads, 2, dtype=torch.float64)
    laid_out = packing.lay_out(heads.transpose(1, 2))
    assert laid_out.shape == (len(lengths), n_heads, width, 2)
    token = 0
    for row, length in enumerate(lengths):
        for column in range(length):
            assert torch.equal(laid_out[row, :, column], heads[0, token])
            token += 1
    assert torch.equal(packing.collect(laid_out)[0, :n_tokens], heads[0, :n_tokens])
    assert not packing.collect(laid_out)[0, n_tokens:].any()


def test_gradients_of_a_masked_layout():
    """Padding reads values of its own, which the mask takes away, as attention's does."""
    packing = packing_of([3, 1, 2], 4, 2)
    heads = torch.randn(1, 2, packing.size, 3, dtype=torch.float64, requires_grad=True)

    def through(heads):
        laid_out = packing.lay_out(heads) * packing.mask[:, None, :, None]
        return packing.collect(laid_out.square())[:, : packing.size - 1]

    assert torch.autograd.gradcheck(through, heads)
