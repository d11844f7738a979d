import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import get_cosine_schedule_with_warmup

from pipeline import registry
from pipeline.training.schedules import constant, cosine


@pytest.mark.parametrize("word", registry.words("schedules"))
@given(progress=st.floats(0, 1), later=st.floats(0, 1))
def test_starts_at_the_peak_and_never_rises(word, progress, later):
    schedule = registry.load("schedules", word)
    assert schedule(0.0) == 1
    low, high = sorted([progress, later])
    assert 0 <= schedule(high) <= schedule(low) <= 1


@pytest.mark.parametrize("word", ["linear", "cosine"])
def test_ends_at_nothing(word):
    assert registry.load("schedules", word)(1.0) == pytest.approx(0)


def test_cosine_is_that_of_transformers():
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    reference = get_cosine_schedule_with_warmup(optimizer, num_warmup_steps=0, num_training_steps=20)
    for step in range(20):
        assert cosine(step / 20) == pytest.approx(reference.get_last_lr()[0])
        optimizer.step()
        reference.step()


def test_constant_stays():
    assert [constant(x / 10) for x in range(11)] == [1.0] * 11
