"""LoRA on every family: what it freezes, what it computes, and that merging leaves a plain encoder."""

import pytest
import torch
from torch import nn

from pipeline.errors import UserError
from pipeline.models.lora import add_lora, merge_lora

FAMILIES = ["bert", "roberta", "albert", "ernie", "electra", "deberta-v2", "modernbert", "nezha"]
every_family = pytest.mark.parametrize("model_type", FAMILIES)


@pytest.fixture
def adapted(make_model):
    def make(model_type, dropout=0.0):
        encoder = make_model(model_type)
        if hasattr(encoder, "pooler"):
            encoder.pooler = None  # as load_encoder leaves it
        torch.manual_seed(1)
        add_lora(encoder, rank=2, alpha=6, dropout=dropout)
        return encoder.eval()

    return make


def states_of(encoder):
    input_ids = torch.tensor([[2, 9, 11, 3]])
    with torch.no_grad():
        return encoder(input_ids=input_ids, attention_mask=torch.ones_like(input_ids)).last_hidden_state


def teach(encoder):
    with torch.no_grad():
        for parameter in encoder.parameters():
            if parameter.requires_grad:
                parameter.normal_(0, 0.3)


@every_family
def test_at_first_the_states_are_the_encoders_own(make_model, adapted, model_type):
    torch.testing.assert_close(states_of(adapted(model_type)), states_of(make_model(model_type)), rtol=0, atol=0)


@every_family
def test_only_the_updates_are_trained_and_every_linear_layer_has_one(make_model, adapted, model_type):
    encoder = adapted(model_type)
    plain = make_model(model_type)
    linear = {n for n, m in plain.named_modules() if isinstance(m, nn.Linear) and not n.startswith("pooler")}
    trained = {name for name, parameter in encoder.named_parameters() if parameter.requires_grad}
    assert trained == {f"{name}.lora_{side}.default.weight" for name in linear for side in "AB"}


@every_family
def test_it_computes_the_low_rank_sum(make_model, adapted, model_type):
    """The same encoder with W + alpha / rank · B A written into its weights by hand gives the same states."""
    encoder, plain = adapted(model_type), make_model(model_type)
    teach(encoder)
    parameters = dict(encoder.named_parameters())
    with torch.no_grad():
        for name, module in plain.named_modules():
            if isinstance(module, nn.Linear) and f"{name}.lora_A.default.weight" in parameters:
                a, b = (parameters[f"{name}.lora_{side}.default.weight"] for side in "AB")
                module.weight += 6 / 2 * b @ a
    assert (states_of(plain) - states_of(make_model(model_type))).abs().max() > 0.01
    torch.testing.assert_close(states_of(encoder), states_of(plain), rtol=0, atol=1e-4)


@every_family
def test_merged_it_is_a_plain_encoder_with_the_same_states(make_model, adapted, model_type):
    encoder = adapted(model_type)
    teach(encoder)
    before = states_of(encoder)
    merge_lora(encoder)
    torch.testing.assert_close(states_of(encoder), before, rtol=0, atol=1e-4)
    plain = {name for name in make_model(model_type).state_dict() if not name.startswith("pooler")}
    assert set(encoder.state_dict()) == plain


def test_merging_without_updates_changes_nothing(make_model):
    encoder = make_model("bert")
    names, before = list(encoder.state_dict()), states_of(encoder)
    merge_lora(encoder)
    assert list(encoder.state_dict()) == names
    torch.testing.assert_close(states_of(encoder), before, rtol=0, atol=0)


def test_encoder_without_linear_layers_is_refused():
    with pytest.raises(UserError, match=r"^lora: this encoder has no linear layers; set lora to null"):
        add_lora(nn.Sequential(nn.Embedding(3, 2)), rank=2, alpha=4, dropout=0.0)


def test_dropout_of_the_updates(adapted):
    encoder = adapted("bert", dropout=0.5)
    teach(encoder)
    torch.testing.assert_close(states_of(encoder), states_of(encoder), rtol=0, atol=0)
    for module in encoder.modules():
        if "lora" in type(module).__module__:
            module.train()
    assert not torch.equal(states_of(encoder), states_of(encoder))
