import json
import shutil

import pytest
import torch

from pipeline.errors import UserError
from pipeline.models.build import build_classifier

BOTH = pytest.mark.parametrize("architecture", ["bert", "nezha"])


def states_of(encoder):
    input_ids = torch.tensor([[2, 9, 11, 3, 0], [2, 7, 8, 30, 3]])
    mask = torch.tensor([[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]])
    with torch.no_grad():
        return encoder.eval()(input_ids=input_ids, attention_mask=mask).last_hidden_state[mask.bool()]


@BOTH
def test_encoder_has_the_checkpoints_weights_and_no_pooler(tiny_checkpoint, recipe, architecture):
    from transformers import AutoModelForMaskedLM

    encoder = build_classifier(tiny_checkpoint(architecture), 3, recipe()).encoder
    reference = AutoModelForMaskedLM.from_pretrained(tiny_checkpoint(architecture)).base_model
    torch.testing.assert_close(states_of(encoder), states_of(reference), rtol=0, atol=0)
    assert not [name for name, _ in encoder.named_parameters() if name.startswith("pooler")]


@BOTH
def test_dropout_is_set_everywhere(tiny_checkpoint, recipe, architecture):
    encoder = build_classifier(tiny_checkpoint(architecture), 3, recipe(dropout=0.25)).encoder
    rates = {module.p for module in encoder.modules() if isinstance(module, torch.nn.Dropout)}
    assert 0.25 in rates
    assert rates <= {0.25, 0.0}  # 0.0: attention's
    assert encoder.config.attention_probs_dropout_prob == 0.0


@BOTH
def test_weights_loaded_over_an_empty_encoder_give_the_same_states(tiny_checkpoint, recipe, architecture):
    full = build_classifier(tiny_checkpoint(architecture), 3, recipe()).encoder
    empty = build_classifier(tiny_checkpoint(architecture), 3, recipe(), with_weights=False).encoder
    assert (states_of(empty) - states_of(full)).abs().max() > 1e-3
    empty.load_state_dict(full.state_dict())
    torch.testing.assert_close(states_of(empty), states_of(full), rtol=0, atol=0)


@pytest.mark.parametrize("with_weights", [True, False])
def test_half_precision_checkpoint_becomes_fp32(tiny_checkpoint, recipe, tmp_path, with_weights):
    """Prediction loads fp32 weights over an empty encoder; one in the checkpoint's bfloat16 rounds them."""
    from transformers import AutoModel

    AutoModel.from_pretrained(tiny_checkpoint("bert"), dtype=torch.bfloat16).save_pretrained(tmp_path)
    assert "bfloat16" in (tmp_path / "config.json").read_text()
    classifier = build_classifier(tmp_path, 3, recipe(), with_weights=with_weights)
    assert {parameter.dtype for parameter in classifier.parameters()} == {torch.float32}


def test_without_weights_only_the_configuration_is_read(tiny_checkpoint, recipe, tmp_path):
    shutil.copyfile(tiny_checkpoint("nezha") / "config.json", tmp_path / "config.json")
    assert build_classifier(tmp_path, 3, recipe(), with_weights=False).encoder.config.hidden_size == 16


def test_pieces_and_head_take_the_recipes_arguments(tiny_checkpoint, recipe):
    routing = {"name": "dynamic_routing", "capsules": 2, "iterations": 5}
    head = {"samples": 3, "reduce": "sum", "p": 0.4}
    classifier = build_classifier(tiny_checkpoint("bert"), 7, recipe(poolers=[routing], head=head))
    (pooler,) = classifier.poolers
    assert (pooler.capsules, pooler.iterations) == (2, 5)
    assert (classifier.head.samples, classifier.head.scale, classifier.head.dropout.p) == (3, 3.0, 0.4)
    assert classifier.head.linear.weight.shape == (7, 16)
    assert routing["name"] == "dynamic_routing"  # the recipe is left as it was


def test_same_seed_same_classifier(tiny_checkpoint, recipe):
    states = []
    for _ in range(2):
        torch.manual_seed(5)
        states.append(build_classifier(tiny_checkpoint("bert"), 3, recipe()).state_dict())
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_too_many_layers_are_refused(tiny_checkpoint, recipe):
    with pytest.raises(UserError, match="early_exit: got n 3, 1 to 2 are allowed"):
        build_classifier(tiny_checkpoint("bert"), 3, recipe(layers={"name": "early_exit", "n": 3}))


def test_fixture_is_a_plain_checkpoint(tiny_checkpoint):
    config = json.loads((tiny_checkpoint("nezha") / "config.json").read_text())
    assert config["model_type"] == "nezha"
