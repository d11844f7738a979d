"""Classifiers that read the first token alone and encoders asked for some tokens, against whole last layers."""

import copy

import pytest
import torch

import pipeline.models.build as build_module
from pipeline.models.build import build_classifier
from pipeline.models.last_layer import (
    FirstTokenAttention,
    FirstTokenNezhaAttention,
    chosen_states,
    compute_first_token_alone,
)
from pipeline.models.like_bert import LIKE_BERT

DONE = (*LIKE_BERT, "nezha")
LEFT = ("albert", "deberta-v2", "modernbert")
LORA = {"rank": 2, "alpha": 4, "dropout": 0.0}
CLS = [{"name": "cls"}]


@pytest.fixture
def build(make_model, recipe, tmp_path, monkeypatch):
    """One classifier twice: as it is built, and with its last layer left whole."""

    def make(model_type, config=None, **changes):
        directory = tmp_path / model_type
        make_model(model_type, num_hidden_layers=3, pad_token_id=0, **(config or {})).save_pretrained(directory)
        words = recipe(
            **{"dropout": 0.0, "head": {"samples": 1, "reduce": "mean", "p": 0.0}, "poolers": CLS, **changes}
        )
        torch.manual_seed(1)
        ours = build_classifier(directory, 3, words)
        with monkeypatch.context() as patch:
            patch.setattr(build_module, "compute_first_token_alone", lambda encoder: None)
            whole = build_classifier(directory, 3, words)
        whole.first_token_alone = False
        whole.load_state_dict(ours.state_dict())  # strictly: the names are the same
        return ours, whole

    return make


def last_layer(classifier):
    return classifier.encoder.encoder.layer[-1]


def logits_and_gradients(classifier, inputs, bf16=False):
    classifier.zero_grad()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
        logits = classifier(*inputs).logits.float()
    torch.nn.functional.cross_entropy(logits, torch.tensor([0, 1, 2, 0, 1])[: len(logits)]).backward()
    return logits, {name: p.grad for name, p in classifier.named_parameters() if p.requires_grad}


def assert_same(ours, whole, inputs, bf16=False):
    (logits, gradients), (expected, expected_gradients) = (
        logits_and_gradients(classifier, inputs, bf16) for classifier in (ours, whole)
    )
    share = 0.1 if bf16 else 1e-4
    torch.testing.assert_close(logits, expected, rtol=0, atol=share * float(expected.detach().abs().max()))
    assert gradients.keys() == expected_gradients.keys()
    scale = max(float(gradient.abs().max()) for gradient in expected_gradients.values())
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradient, expected_gradients[name], rtol=0, atol=share * scale, msg=name)


@pytest.mark.parametrize("model_type", DONE)
@pytest.mark.parametrize("lora", [None, LORA], ids=["whole", "lora"])
def test_logits_and_gradients_are_those_of_the_whole_layer(build, batch, model_type, lora):
    ours, whole = build(model_type, lora=lora)
    kind = FirstTokenNezhaAttention if model_type == "nezha" else FirstTokenAttention
    assert isinstance(last_layer(ours).attention, kind)
    assert not isinstance(last_layer(whole).attention, kind)
    for inputs in (batch(), batch(rows=[0, 0, 0]), batch(width=25)):  # the second without padding
        assert_same(ours, whole, inputs)


@pytest.mark.parametrize("model_type", ["bert", "nezha"])
def test_the_same_in_bf16(build, batch, model_type):
    ours, whole = build(model_type)
    assert_same(ours, whole, batch(), bf16=True)
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        expected = whole(*batch()).logits
        torch.testing.assert_close(ours(*batch()).logits, expected, rtol=0, atol=0.1 * float(expected.abs().max()))


@pytest.mark.parametrize("model_type", DONE)
def test_the_last_layer_computes_one_token_and_the_others_all(build, batch, model_type):
    ours, _ = build(model_type)
    tokens = []
    for layer in ours.encoder.encoder.layer:
        layer.intermediate.register_forward_pre_hook(lambda _, inputs: tokens.append(inputs[0].shape[1]))
    ours.eval()(*batch())
    assert tokens == [17, 17, 1]


@pytest.mark.parametrize("layers", [{"name": "early_exit", "n": 2}, {"name": "concat_last", "n": 2}, "weighted_sum"])
@pytest.mark.parametrize("model_type", ["bert", "nezha", *LEFT])
def test_with_other_layers(build, batch, model_type, layers):
    layers = {"name": layers} if isinstance(layers, str) else layers
    ours, whole = build(model_type, layers=layers)
    assert_same(ours, whole, batch())


def test_several_first_tokens(build, batch):
    ours, whole = build("bert", poolers=CLS * 2, combine="concat")
    assert ours.first_token_alone
    assert_same(ours, whole, batch())


@pytest.mark.parametrize(
    "changes",
    [
        {"poolers": [{"name": "mean"}]},
        {"poolers": [*CLS, {"name": "max"}]},
        {"layers": {"name": "hire", "size": 3}},
        {"sequence": [{"name": "lstm", "size": 4}]},
    ],
    ids=["mean", "cls and max", "hire", "lstm"],
)
@pytest.mark.parametrize("model_type", ["bert", "nezha"])
def test_where_other_tokens_are_read_the_layer_is_whole(build, batch, model_type, changes):
    ours, _ = build(model_type, **changes)
    assert not ours.first_token_alone
    input_ids, mask = batch()
    assert ours.encoder(input_ids=input_ids, attention_mask=mask).last_hidden_state.shape[:2] == input_ids.shape


@pytest.mark.parametrize("model_type", LEFT)
def test_other_families_stay_whole(build, batch, model_type):
    ours, whole = build(model_type)
    input_ids, mask = batch()
    assert ours.encoder(input_ids=input_ids, attention_mask=mask).last_hidden_state.shape[:2] == input_ids.shape
    assert_same(ours, whole, batch())


@pytest.mark.parametrize("own", [{"is_decoder": True}, {"chunk_size_feed_forward": 1}], ids=["decoder", "chunks"])
def test_configurations_that_do_not_fit_stay_whole(build, batch, own):
    ours, whole = build("bert", config=own)
    assert not isinstance(last_layer(ours).attention, FirstTokenAttention)
    assert_same(ours, whole, batch())


def test_another_attention_than_ours_stays_whole(make_model):
    encoder = make_model("bert")
    encoder.set_attn_implementation("eager")
    compute_first_token_alone(encoder)
    assert not isinstance(encoder.encoder.layer[-1].attention, FirstTokenAttention)


@pytest.mark.parametrize("model_type", ["bert", "nezha"])
def test_dropout_of_attention_is_kept(build, batch, model_type):
    """`set_dropout` switches it off, but the layer does not count on it."""
    ours, _ = build(model_type)
    part = last_layer(ours).attention.self
    if model_type == "nezha":
        part.dropout = 0.5
    else:
        part.dropout.p = 0.5
    assert not torch.equal(ours.train()(*batch()).logits, ours(*batch()).logits)
    assert torch.equal(ours.eval()(*batch()).logits, ours(*batch()).logits)


def test_a_copy_computes_with_its_own_weights(build, batch):
    """As the averages of training are copies."""
    ours, _ = build("bert")
    before = ours(*batch()).logits
    twin = copy.deepcopy(ours)
    torch.nn.init.zeros_(last_layer(twin).attention.self.value.weight)
    assert not torch.allclose(twin(*batch()).logits, before)
    torch.testing.assert_close(ours(*batch()).logits, before)


# --- some tokens -----------------------------------------------------------------------------------


def some(mask):
    return mask.bool() & (torch.rand(mask.shape, generator=torch.Generator().manual_seed(0)) < 0.3)


@pytest.mark.parametrize("model_type", [*DONE, *LEFT])
def test_chosen_states_and_their_gradients_are_those_of_the_whole_layer(make_model, batch, model_type):
    encoder = make_model(model_type, masked_lm=True).base_model
    input_ids, mask = batch()
    chosen = some(mask)
    found = []
    for states in (
        chosen_states(encoder, input_ids, mask, chosen),
        encoder(input_ids=input_ids, attention_mask=mask).last_hidden_state[chosen],
    ):
        encoder.zero_grad()
        states.square().sum().backward()
        found.append([states.detach(), *(p.grad for p in encoder.parameters() if p.grad is not None)])
    assert found[0][0].shape == (int(chosen.sum()), 16)
    for ours, whole in zip(*found, strict=True):
        torch.testing.assert_close(ours, whole, rtol=1e-4, atol=1e-4 * float(whole.abs().max()))


@pytest.mark.parametrize("model_type", DONE)
def test_the_last_layer_computes_the_chosen_tokens(make_model, batch, model_type):
    encoder = make_model(model_type, masked_lm=True, num_hidden_layers=3).base_model
    input_ids, mask = batch()
    chosen, shapes = some(mask), []
    for layer in encoder.encoder.layer:
        layer.intermediate.register_forward_pre_hook(lambda _, inputs: shapes.append(tuple(inputs[0].shape)))
    chosen_states(encoder, input_ids, mask, chosen)
    assert shapes == [(5, 17, 16), (5, 17, 16), (int(chosen.sum()), 16)]


@pytest.mark.parametrize("model_type", ["bert", "nezha"])
def test_none_chosen(make_model, batch, model_type):
    input_ids, mask = batch()
    encoder = make_model(model_type, masked_lm=True).base_model
    states = chosen_states(encoder, input_ids, mask, torch.zeros_like(mask, dtype=torch.bool))
    assert states.shape == (0, 16)


@pytest.mark.parametrize("model_type", ["bert", "nezha"])
def test_the_encoder_is_whole_again_after_it(make_model, batch, model_type):
    encoder = make_model(model_type, masked_lm=True).base_model
    input_ids, mask = batch()
    before = encoder(input_ids=input_ids, attention_mask=mask).last_hidden_state
    chosen_states(encoder, input_ids, mask, some(mask))
    with pytest.raises(IndexError):
        chosen_states(encoder, input_ids, mask, some(mask)[:, :-1])
    assert torch.equal(encoder(input_ids=input_ids, attention_mask=mask).last_hidden_state, before)


@pytest.mark.parametrize("own", [{"chunk_size_feed_forward": 1}, {"masked_lm": False}], ids=["chunks", "pooler"])
def test_what_does_not_fit_stays_whole(make_model, batch, own):
    model = make_model("bert", **{"masked_lm": True} | own)
    encoder = model.base_model
    input_ids, mask = batch()
    expected = encoder(input_ids=input_ids, attention_mask=mask).last_hidden_state[some(mask)]
    torch.testing.assert_close(chosen_states(encoder, input_ids, mask, some(mask)), expected)
