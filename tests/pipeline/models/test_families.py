"""Whole classifiers over every family of encoders, loaded from a directory through AutoModel."""

import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from pipeline.models.build import build_classifier
from pipeline.models.positions import max_tokens

FAMILIES = {
    "bert": {},
    "roberta": {},
    "albert": {},
    "ernie": {},
    "electra": {},
    "deberta-v2": {},
    "deberta-v3": {
        "share_att_key": True,
        "norm_rel_ebd": "layer_norm",
        "position_buckets": 8,
        "max_relative_positions": -1,
    },
    "modernbert": {},
    "nezha": {},
}
LORA = {"rank": 2, "alpha": 4, "dropout": 0.0}
every_family = pytest.mark.parametrize("family", FAMILIES)
with_and_without_lora = pytest.mark.parametrize("lora", [None, LORA], ids=["whole", "lora"])


@pytest.fixture(scope="session")
def checkpoint(make_model, tmp_path_factory):
    """The directory of a tiny encoder of a family, made once: DeBERTa-v3 is v2 with other settings."""
    made = {}

    def directory(family):
        if family not in made:
            made[family] = tmp_path_factory.mktemp(family)
            model_type = family.replace("v3", "v2")
            make_model(model_type, num_hidden_layers=3, **FAMILIES[family]).save_pretrained(made[family])
        return made[family]

    return directory


def build(directory, recipe, **arguments):
    torch.manual_seed(1)
    return build_classifier(directory, 3, recipe, **arguments)


def pad_id(family):
    return 1 if family == "roberta" else 0


def move(classifier, amount=0.1):
    """Change every weight, as training does."""
    with torch.no_grad():
        for parameter in classifier.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=amount)
    return classifier


@every_family
def test_the_encoder_is_the_checkpoints(checkpoint, recipe, batch, family):
    from transformers import AutoModel

    input_ids, mask = batch(pad_id(family))
    classifier = build(checkpoint(family), recipe()).eval()
    reference = AutoModel.from_pretrained(checkpoint(family)).eval()
    with torch.no_grad():
        got = classifier.encoder(input_ids=input_ids, attention_mask=mask).last_hidden_state
        expected = reference(input_ids=input_ids, attention_mask=mask).last_hidden_state
    torch.testing.assert_close(got[mask.bool()], expected[mask.bool()], rtol=0, atol=1e-6)


@every_family
@with_and_without_lora
def test_padding_changes_no_logit(checkpoint, recipe, batch, family, lora):
    classifier = move(build(checkpoint(family), recipe(lora=lora))).eval()
    with torch.no_grad():
        together = classifier(*batch(pad_id(family), width=25))
        for row in range(5):
            alone = classifier(*batch(pad_id(family), rows=[row]))
            torch.testing.assert_close(together.logits[row], alone.logits[0], rtol=0, atol=1e-5)


@every_family
@pytest.mark.parametrize("layers", ["last", "hire"])
@with_and_without_lora
def test_what_is_trained_gets_a_gradient(checkpoint, recipe, named, batch, family, layers, lora):
    classifier = move(build(checkpoint(family), recipe(layers=named("layers", layers), lora=lora))).train()
    output = classifier(*batch(pad_id(family)))
    torch.nn.functional.cross_entropy(output.logits, torch.tensor([0, 1, 2, 0, 1])).backward()
    for name, parameter in classifier.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, name
            assert torch.isfinite(parameter.grad).all(), name
        else:
            assert parameter.grad is None, name
    assert classifier.head.linear.weight.grad.any()


@every_family
@with_and_without_lora
def test_saved_fold_loads_with_the_configuration_alone(checkpoint, recipe, batch, tmp_path, family, lora):
    classifier = move(build(checkpoint(family), recipe(lora=lora))).eval()
    save_file(classifier.state_dict(), tmp_path / "model.safetensors")
    (tmp_path / "shared").mkdir()
    shutil.copyfile(checkpoint(family) / "config.json", tmp_path / "shared/config.json")
    loaded = build_classifier(tmp_path / "shared", 3, recipe(lora=lora), with_weights=False).eval()
    loaded.load_state_dict(load_file(tmp_path / "model.safetensors"))
    inputs = batch(pad_id(family))
    with torch.no_grad():
        torch.testing.assert_close(loaded(*inputs).logits, classifier(*inputs).logits, rtol=0, atol=0)


@every_family
def test_dropout_is_the_recipes(checkpoint, recipe, batch, family):
    inputs = batch(pad_id(family))
    for p, same in ((0.0, True), (0.3, False)):
        encoder = build(checkpoint(family), recipe(dropout=p)).train().encoder
        first, second = (encoder(input_ids=inputs[0], attention_mask=inputs[1]).last_hidden_state for _ in range(2))
        assert torch.equal(first, second) is same
        rates = {module.p for module in encoder.modules() if isinstance(module, torch.nn.Dropout)}
        assert rates <= {p, 0.0}


@every_family
@with_and_without_lora
def test_limit_of_positions(checkpoint, recipe, family, lora):
    """40 positions; RoBERTa's begin after the padding id."""
    limit = max_tokens(build(checkpoint(family), recipe(lora=lora)).encoder)
    relative = family.startswith("deberta") or family in ("nezha", "modernbert")
    assert limit == (None if relative else 38 if family == "roberta" else 40)
