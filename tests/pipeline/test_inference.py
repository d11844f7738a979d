import numpy as np
import pytest
import torch

from pipeline import inference
from pipeline.data.batches import pack, pad_batch
from pipeline.inference import predict_logits
from pipeline.models.classifier import TextClassifier
from pipeline.models.heads import ClassificationHead
from pipeline.models.layers import LastLayer
from pipeline.models.poolers import MeanPooler


@pytest.fixture(params=["bert", "nezha"])
def model(request, make_model):
    encoder = make_model(request.param)
    encoder.pooler = None
    torch.manual_seed(1)
    head = ClassificationHead(16, 3, samples=4, reduce="mean", p=0.5)
    return TextClassifier(encoder, LastLayer(16, 2), [], [MeanPooler(16)], "sum", head)


@pytest.fixture
def texts():
    rng = np.random.default_rng(0)
    return pack([rng.integers(5, 40, n).tolist() for n in rng.integers(2, 30, 25)], 0)


def one_by_one(model, texts, rows):
    model.eval()
    logits = []
    for row in rows:
        with torch.no_grad():
            batch = pad_batch(texts, np.array([row]))
            logits.append(model(*[torch.from_numpy(array) for array in batch]).logits)
    return torch.cat(logits).numpy()


@pytest.mark.parametrize("budget", [1, 64, 200, 10**6])
def test_logits_are_those_of_each_text_alone_in_the_order_of_rows(model, texts, monkeypatch, budget):
    monkeypatch.setattr(inference, "batch_tokens", lambda device: budget)
    rows = np.random.default_rng(1).permutation(25)[:20]
    logits = predict_logits(model, texts, rows, "cpu", "fp32")
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, one_by_one(model, texts, rows), rtol=0, atol=1e-5)


def test_rows_may_repeat(model, texts):
    rows = np.array([3, 0, 3, 3, 1])
    logits = predict_logits(model, texts, rows, "cpu", "fp32")
    np.testing.assert_allclose(logits, one_by_one(model, texts, rows), rtol=0, atol=1e-5)
    np.testing.assert_array_equal(logits[0], logits[2])


@pytest.mark.parametrize("training", [True, False])
def test_dropout_is_off_meanwhile_and_the_model_is_left_as_it_was(model, texts, training):
    model.train(training)
    state = torch.get_rng_state()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    rows = np.arange(25)
    logits = [predict_logits(model, texts, rows, "cpu", "fp32") for _ in range(2)]
    np.testing.assert_array_equal(*logits)
    assert all(module.training is training for module in model.modules())
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_training_goes_on_afterwards(model, texts):
    """No tensor that inference mode made may stay in the model: it could take no part in a backward pass."""
    model.train()
    predict_logits(model, texts, np.arange(25), "cpu", "bf16")
    model(*[torch.from_numpy(array) for array in pad_batch(texts, np.arange(4))]).logits.sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in model.parameters())


def test_bfloat16_is_near(model, texts):
    rows = np.arange(25)
    full, half = (predict_logits(model, texts, rows, "cpu", precision) for precision in ("fp32", "bf16"))
    assert half.dtype == np.float32
    assert 0 < np.abs(full - half).max() < 0.3
