"""Where each parameter of every family lies, with LoRA and without."""

import pytest
from torch import nn

from pipeline.models.lora import add_lora
from pipeline.training.depth import count_layers, is_embedding, layer_number, layers_from_top

FAMILIES = ["bert", "roberta", "albert", "ernie", "electra", "deberta-v2", "modernbert", "nezha"]
# What lies neither in a layer nor among the embeddings: it counts as the top.
TOP = {"modernbert": {"encoder.final_norm.weight"}}
BESIDE_THE_EMBEDDINGS = {
    "electra": ["encoder.embeddings_project.weight"],
    "albert": ["encoder.encoder.embedding_hidden_mapping_in.weight"],
    "deberta-v2": ["encoder.encoder.rel_embeddings.weight"],
}


@pytest.fixture
def model(make_model):
    def make(model_type, lora):
        encoder = make_model(model_type, num_hidden_layers=3)
        if hasattr(encoder, "pooler"):
            encoder.pooler = None
        if lora:
            add_lora(encoder, rank=2, alpha=4, dropout=0.0)
        return nn.ModuleDict(
            {"encoder": encoder, "sequence": nn.ModuleList([nn.Linear(2, 2)]), "layers": nn.Bilinear(2, 2, 2)}
        )

    return make


@pytest.mark.parametrize("model_type", FAMILIES)
@pytest.mark.parametrize("lora", [False, True])
def test_every_parameter_has_its_depth(model, model_type, lora):
    whole = model(model_type, lora)
    n_layers = 1 if model_type == "albert" else 3  # its layers share their weights
    assert count_layers(whole) == n_layers
    depths = {name: layers_from_top(name, n_layers) for name, _ in whole.named_parameters()}
    for name, depth in depths.items():
        if not name.startswith("encoder."):
            assert depth == 0, name
        elif is_embedding(name):
            assert depth == n_layers, name
        elif layer_number(name) is None:
            assert name in TOP.get(model_type, set()), name
        else:
            assert depth == n_layers - 1 - layer_number(name), name
    for layer in range(n_layers):
        assert any(layer_number(name) == layer for name in depths)
    assert {name for name in depths if ".word_embeddings." in name or ".tok_embeddings." in name} <= {
        name for name in depths if is_embedding(name)
    }


@pytest.mark.parametrize("model_type", FAMILIES)
@pytest.mark.parametrize("lora", [False, True])
def test_layers_are_numbered_as_the_encoder_runs_them(model, model_type, lora):
    if model_type == "albert":
        pytest.skip("one group of weights for all layers")
    encoder = model(model_type, lora)["encoder"]
    stack = encoder.layers if model_type == "modernbert" else encoder.encoder.layer
    by_identity = {id(p): number for number, layer in enumerate(stack) for p in layer.parameters()}
    for name, parameter in encoder.named_parameters():
        assert layer_number(f"encoder.{name}") == by_identity.get(id(parameter)), name


@pytest.mark.parametrize(("model_type", "names"), BESIDE_THE_EMBEDDINGS.items())
def test_what_serves_the_embeddings_belongs_to_them(model, model_type, names):
    plain, adapted = (dict(model(model_type, lora).named_parameters()) for lora in (False, True))
    for name in names:
        assert name in plain
        assert is_embedding(name)
        module = name.rpartition(".")[0]
        assert all(is_embedding(other) for other in adapted if other.startswith(f"{module}."))


def test_names_outside_of_the_encoder_have_no_depth():
    for name in ("head.linear.weight", "layers.scores", "sequence.0.forward_rnn.weight_hh_l0", "embeddings.weight"):
        assert not is_embedding(name)
        assert layers_from_top(name, 3) == 0
