import pytest
import torch

from pipeline import registry

SHAPE = {
    "vocab_size": 30,
    "layers": 2,
    "hidden": 16,
    "heads": 4,
    "intermediate": 24,
    "max_length": 20,
    "dropout": 0.2,
}
every_architecture = pytest.mark.parametrize("word", registry.words("architectures"))


@pytest.fixture(scope="module")
def models():
    return {word: registry.load("architectures", word)(**SHAPE) for word in registry.words("architectures")}


@every_architecture
def test_shape_is_as_asked(models, word):
    config, encoder = models[word].config, models[word].base_model
    assert config.num_attention_heads == 4
    assert config.max_position_embeddings == 20
    assert len(encoder.encoder.layer) == 2
    assert encoder.encoder.layer[0].intermediate.dense.weight.shape == (24, 16)
    assert encoder.get_input_embeddings().weight.shape == (30, 16)
    assert {m.p for m in encoder.modules() if isinstance(m, torch.nn.Dropout)} <= {0.2, 0.0}


@every_architecture
def test_runs_forward_and_backward(models, word):
    model = models[word].train()
    input_ids = torch.tensor([[2, 5, 6, 3, 0]])
    logits = model(input_ids=input_ids, attention_mask=(input_ids != 0).long()).logits
    assert logits.shape == (1, 5, 30)
    torch.nn.functional.cross_entropy(logits[0, 1:3], input_ids[0, 1:3]).backward()
    assert all(p.grad is None or torch.isfinite(p.grad).all() for p in model.parameters())
    assert model.get_input_embeddings().weight.grad.any()


@every_architecture
def test_first_weights_have_the_spread_that_is_asked(word):
    torch.manual_seed(0)
    shape = SHAPE | {"vocab_size": 500}
    narrow = registry.load("architectures", word)(**shape).get_input_embeddings().weight.detach().std()
    wide = (
        registry.load("architectures", word)(**shape, initializer_range=0.05)
        .get_input_embeddings()
        .weight.detach()
        .std()
    )
    assert narrow == pytest.approx(0.02, rel=0.05)
    assert wide == pytest.approx(0.05, rel=0.05)


@every_architecture
def test_words_are_predicted_with_their_embeddings(models, word):
    model = models[word]
    assert model.get_output_embeddings().weight is model.get_input_embeddings().weight


@every_architecture
def test_same_seed_same_weights(word):
    states = []
    for _ in range(2):
        torch.manual_seed(3)
        states.append(registry.load("architectures", word)(**SHAPE).state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
