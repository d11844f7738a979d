import pytest

from pipeline.errors import UserError
from pipeline.training.adversarial.targets import find_targets

FAMILIES = ["bert", "nezha", "roberta", "albert", "electra", "ernie", "deberta-v2", "modernbert"]


class Classifier:
    """What an attack looks at: the named parameters, and the encoder."""

    def __init__(self, encoder):
        self.encoder = encoder

    def named_parameters(self):
        return ((f"encoder.{name}", parameter) for name, parameter in self.encoder.named_parameters())


def names_of(classifier, targets):
    named = {id(parameter): name for name, parameter in classifier.named_parameters()}
    return [named[id(target)] for target in targets]


@pytest.mark.parametrize("family", FAMILIES)
def test_embeddings_are_those_of_the_words(make_model, family):
    classifier = Classifier(make_model(family))
    [target] = find_targets(classifier, ["embeddings"])
    assert target is classifier.encoder.get_input_embeddings().weight
    assert target.shape[0] == 40


@pytest.mark.parametrize("family", FAMILIES)
def test_first_layer(make_model, family):
    classifier = Classifier(make_model(family))
    names = names_of(classifier, find_targets(classifier, ["first_layer"]))
    number = {"albert": "albert_layer_groups.0.", "modernbert": "layers.0."}.get(family, "layer.0.")
    assert names == [name for name, _ in classifier.named_parameters() if number in name]
    assert names


def test_parts_of_names_in_the_models_order_each_once(make_model):
    classifier = Classifier(make_model("bert"))
    names = names_of(classifier, find_targets(classifier, ["layer.1.output.dense", "word_emb", "layer.1.output"]))
    assert names == [
        "encoder.embeddings.word_embeddings.weight",
        *(f"encoder.encoder.layer.1.output.{part}" for part in ("dense.weight", "dense.bias")),
        *(f"encoder.encoder.layer.1.output.LayerNorm.{part}" for part in ("weight", "bias")),
    ]


def test_a_name_that_finds_nothing_is_refused(make_model):
    with pytest.raises(UserError, match=r"^adversarial.on: got 'word_embedings', which is in no parameter's name; emb"):
        find_targets(Classifier(make_model("bert")), ["embeddings", "word_embedings"])


def test_a_frozen_target_is_refused(make_model):
    classifier = Classifier(make_model("bert"))
    classifier.encoder.requires_grad_(False)
    try:
        with pytest.raises(UserError, match=r"encoder.embeddings.word_embeddings.weight is frozen"):
            find_targets(classifier, ["embeddings"])
    finally:
        classifier.encoder.requires_grad_(True)
