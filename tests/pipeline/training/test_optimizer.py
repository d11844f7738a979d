import pytest
import torch
from torch import nn

from pipeline.models.classifier import TextClassifier
from pipeline.models.heads import ClassificationHead
from pipeline.models.layers import LastLayer
from pipeline.models.poolers import DynamicRoutingPooler
from pipeline.training.optimizer import adamw, classifier_groups, is_decayed, warm_up
from pipeline.training.schedules import constant, cosine, linear

RATES = {"embeddings": 0.1, "encoder": 0.2, "head": 0.3}
ENCODERS = ["bert", "nezha", "roberta", "albert", "electra", "deberta-v2", "modernbert"]


@pytest.fixture
def make_classifier(make_model):
    def make(model_type):
        encoder = make_model(model_type)
        if hasattr(encoder, "pooler"):
            encoder.pooler = None
        pooler = DynamicRoutingPooler(16, capsules=4, iterations=2)
        return TextClassifier(
            encoder, LastLayer(16, 2), [], [pooler], "sum", ClassificationHead(16, 3, samples=1, reduce="mean", p=0.1)
        )

    return make


def settings_of(classifier, layer_decay=1.0):
    """The rate and the decay of each parameter, by name."""
    names = {id(parameter): name for name, parameter in classifier.named_parameters()}
    groups = classifier_groups(classifier, RATES, 0.01, layer_decay)
    found = [(names[id(p)], (g["lr"], g["weight_decay"])) for g in groups for p in g["params"]]
    assert len(found) == len(dict(found)), "a parameter stands in two groups"
    return dict(found)


def embedding_parameters(encoder):
    """The ids of the embeddings' parameters, with what widens them or holds relative positions."""
    modules = ("embeddings", "embeddings_project", "encoder.embedding_hidden_mapping_in", "encoder.rel_embeddings")
    found = dict(encoder.named_modules())
    return {id(p) for name in modules if name in found for p in found[name].parameters()}


@pytest.mark.parametrize("model_type", ENCODERS)
def test_every_parameter_is_in_one_group_with_its_parts_rate(make_classifier, model_type):
    classifier = make_classifier(model_type)
    found = settings_of(classifier)
    embeddings = embedding_parameters(classifier.encoder)
    encoder = {id(p) for p in classifier.encoder.parameters()}
    for name, parameter in classifier.named_parameters():
        within = "embeddings" if id(parameter) in embeddings else "encoder"
        part = within if id(parameter) in encoder else "head"
        assert found.pop(name)[0] == RATES[part], name
    assert not found


@pytest.mark.parametrize("model_type", ENCODERS)
def test_matrices_decay_and_biases_and_norms_do_not(make_classifier, model_type):
    classifier = make_classifier(model_type)
    found = settings_of(classifier)
    spared = set()
    for path, module in classifier.named_modules():
        if isinstance(module, nn.LayerNorm):
            spared |= {f"{path}.weight", f"{path}.bias"}
        elif isinstance(module, nn.Linear):
            spared.add(f"{path}.bias")
            assert found[f"{path}.weight"][1] == 0.01
        elif isinstance(module, nn.Embedding):
            assert found[f"{path}.weight"][1] == 0.01
    for name in spared & found.keys():
        assert found[name][1] == 0.0, name
    assert {decay for _, decay in found.values()} == {0.0, 0.01}


def test_bert_by_name(make_classifier):
    found = settings_of(make_classifier("bert"))
    assert found["encoder.embeddings.word_embeddings.weight"] == (0.1, 0.01)
    assert found["encoder.embeddings.LayerNorm.weight"] == (0.1, 0.0)
    assert found["encoder.encoder.layer.1.output.dense.weight"] == (0.2, 0.01)
    assert found["encoder.encoder.layer.1.output.dense.bias"] == (0.2, 0.0)
    assert found["poolers.0.projection.weight"] == (0.3, 0.01)
    assert found["head.linear.bias"] == (0.3, 0.0)


@pytest.mark.parametrize("model_type", ENCODERS)
def test_rates_fall_from_layer_to_layer(make_classifier, model_type):
    """2 layers: the upper one at its rate, the lower at half of it, the embeddings at a quarter of theirs."""
    classifier = make_classifier(model_type)
    found = settings_of(classifier, layer_decay=0.5)
    layers = [module for module in classifier.encoder.modules() if isinstance(module, nn.ModuleList)]
    shared = model_type == "albert"  # both its layers are one set of weights
    stack = next(module for module in layers if len(module) == (1 if shared else 2))
    expected = {id(p): RATES["encoder"] for p in classifier.encoder.parameters()}
    expected |= {id(p): RATES["encoder"] / 2 for p in ([] if shared else stack[0].parameters())}
    expected |= dict.fromkeys(embedding_parameters(classifier.encoder), RATES["embeddings"] * (0.5 if shared else 0.25))
    for name, parameter in classifier.named_parameters():
        assert found[name][0] == pytest.approx(expected.get(id(parameter), RATES["head"])), name


def test_frozen_parameters_are_in_no_group(make_classifier):
    classifier = make_classifier("bert")
    classifier.encoder.embeddings.requires_grad_(False)
    found = settings_of(classifier)
    assert found.keys() == {name for name, _ in classifier.named_parameters() if ".embeddings." not in name}


def test_a_bias_matrix_is_a_bias():
    assert not is_decayed("attention.bias", nn.Parameter(torch.zeros(2, 2)))
    assert not is_decayed("norm.weight", nn.Parameter(torch.zeros(2)))
    assert is_decayed("dense.weight", nn.Parameter(torch.zeros(2, 2)))


def test_groups_do_not_depend_on_anything_but_the_model(make_classifier):
    names = [
        [group["name"] for group in classifier_groups(make_classifier("bert"), RATES, 0.01, 1.0)] for _ in range(2)
    ]
    assert names[0] == names[1]
    assert len(set(names[0])) == 6


def rates(total_steps, warmup_ratio, groups=(1.0,), course=linear):
    """The learning rate of each update, for each group."""
    parameters = [nn.Parameter(torch.zeros(2, 2)) for _ in groups]
    optimizer = adamw(
        [{"params": [p], "lr": lr, "weight_decay": 0.0} for p, lr in zip(parameters, groups, strict=True)]
    )
    schedule = warm_up(optimizer, total_steps, warmup_ratio, course)
    used = []
    for _ in range(total_steps):
        used.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        schedule.step()
    used.append([group["lr"] for group in optimizer.param_groups])
    return used


def flat(values):
    return [value for [value] in values]


def test_schedule_by_hand():
    """4 of 10 updates warm up; the next 6 fall by a sixth each, from the peak."""
    expected = [0.25, 0.5, 0.75, 1, 1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6, 0]
    assert flat(rates(10, 0.4)) == pytest.approx(expected)


def test_schedule_without_warmup_starts_at_the_peak():
    assert flat(rates(4, 0.0)) == pytest.approx([1, 1, 2 / 3, 1 / 3, 0])


def test_schedule_of_warmup_alone_reaches_the_peak():
    assert flat(rates(4, 1.0))[:4] == pytest.approx([0.25, 0.5, 0.75, 1])


@pytest.mark.parametrize("warmup_ratio", [0.0, 0.1, 1.0])
def test_schedule_of_one_step_trains(warmup_ratio):
    assert flat(rates(1, warmup_ratio))[0] == 1


def test_cosine_by_hand():
    """No warm-up but the first update, then half a cosine over the 3 others."""
    assert flat(rates(4, 0.25, course=cosine)) == pytest.approx([1, 1, 0.75, 0.25, 0])


def test_constant_stays():
    assert flat(rates(4, 0.5, course=constant)) == pytest.approx([0.5, 1, 1, 1, 1])


def test_every_group_follows_the_schedule():
    for first, second in rates(10, 0.3, groups=(0.1, 0.5)):
        assert second == pytest.approx(5 * first)


def test_decay_of_a_group_is_adamws():
    """Without a gradient AdamW only shrinks: by lr · decay."""
    decayed, spared = nn.Parameter(torch.full((2, 2), 2.0)), nn.Parameter(torch.full((2,), 2.0))
    optimizer = adamw(
        [
            {"params": [decayed], "lr": 0.1, "weight_decay": 0.5},
            {"params": [spared], "lr": 0.1, "weight_decay": 0.0},
        ]
    )
    (decayed.sum() * 0 + spared.sum() * 0).backward()
    optimizer.step()
    assert decayed[0, 0].item() == pytest.approx(2 * (1 - 0.05))
    assert spared[0].item() == pytest.approx(2)
