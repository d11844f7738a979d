import pytest
import torch

from pipeline.models.dropout import set_dropout

ENCODERS = ["bert", "nezha", "roberta", "albert", "ernie", "electra", "deberta-v2", "modernbert"]


def states_twice(model, p):
    """Two passes in training mode of the model made again with its dropout set to `p`."""
    set_dropout(model.config, p)
    encoder = type(model)(model.config).train()
    input_ids = torch.tensor([[2, 9, 11, 3]])
    with torch.no_grad():
        return [
            encoder(input_ids=input_ids, attention_mask=torch.ones_like(input_ids)).last_hidden_state for _ in range(2)
        ]


@pytest.mark.parametrize("model_type", ENCODERS)
def test_zero_dropout_leaves_nothing_to_chance(make_model, model_type):
    torch.testing.assert_close(*states_twice(make_model(model_type), 0.0), rtol=0, atol=0)


@pytest.mark.parametrize("model_type", ENCODERS)
def test_some_dropout_reaches_the_hidden_states_alone(make_model, model_type):
    model = make_model(model_type)
    assert not torch.equal(*states_twice(model, 0.3))
    names = ("attention_probs_dropout_prob", "attention_dropout")
    rates = [getattr(model.config, name) for name in names if hasattr(model.config, name)]
    assert rates
    assert not any(rates)
