import pytest
import torch

from pipeline.models.dropout import set_dropout

ENCODERS = ["bert", "nezha", "roberta", "albert", "ernie", "electra", "deberta-v2", "modernbert"]


@pytest.mark.parametrize("model_type", ENCODERS)
def test_zero_dropout_leaves_nothing_to_chance(make_model, model_type):
    config = make_model(model_type).config
    set_dropout(config, 0.0)
    encoder = type(make_model(model_type))(config).train()
    inputs = {"input_ids": torch.tensor([[2, 9, 11, 3]]), "attention_mask": torch.ones(1, 4, dtype=torch.int64)}
    with torch.no_grad():
        states = [encoder(**inputs).last_hidden_state for _ in range(2)]
    torch.testing.assert_close(*states, rtol=0, atol=0)


@pytest.mark.parametrize("model_type", ENCODERS)
def test_some_dropout_reaches_the_hidden_states_alone(make_model, model_type):
    config = make_model(model_type).config
    set_dropout(config, 0.3)
    encoder = type(make_model(model_type))(config).train()
    inputs = {"input_ids": torch.tensor([[2, 9, 11, 3]]), "attention_mask": torch.ones(1, 4, dtype=torch.int64)}
    states = [encoder(**inputs).last_hidden_state for _ in range(2)]
    assert not torch.equal(*states)
    rates = [getattr(config, name) for name in ("attention_probs_dropout_prob", "attention_dropout") if hasattr(config, name)]
    assert rates
    assert not any(rates)
