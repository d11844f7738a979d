import pytest
import torch

from pipeline.errors import UserError
from pipeline.models.positions import check_max_length, max_tokens

LIMITS = {"bert": 40, "albert": 40, "electra": 40, "ernie": 40, "roberta": 38}
UNLIMITED = ["nezha", "deberta-v2", "modernbert"]


def run(encoder, tokens):
    input_ids = torch.full((1, tokens), 7)
    with torch.no_grad():
        return encoder(input_ids=input_ids, attention_mask=torch.ones_like(input_ids)).last_hidden_state


@pytest.mark.parametrize(("model_type", "limit"), LIMITS.items())
def test_the_limit_is_the_longest_text_that_runs(make_model, model_type, limit):
    encoder = make_model(model_type)
    assert max_tokens(encoder) == limit
    assert run(encoder, limit).shape == (1, limit, 16)
    with pytest.raises((IndexError, RuntimeError)):
        run(encoder, limit + 1)


@pytest.mark.parametrize("model_type", UNLIMITED)
def test_relative_positions_have_no_limit(make_model, model_type):
    encoder = make_model(model_type)
    assert max_tokens(encoder) is None
    assert run(encoder, 60).shape == (1, 60, 16)
    check_max_length(encoder, 10**6, "x")


def test_too_long_is_refused_with_the_limit(make_model):
    check_max_length(make_model("roberta"), 38, "my-member fold 0")
    with pytest.raises(UserError, match=r"^my-member fold 0: got max_length 39, .* set max_length to 38 or less$"):
        check_max_length(make_model("roberta"), 39, "my-member fold 0")
