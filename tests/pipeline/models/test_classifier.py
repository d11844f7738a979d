"""The whole classifier: padding changes no logit, whatever the encoder and the pooler."""

import numpy as np
import pytest
import torch

from pipeline import registry
from pipeline.data.batches import pack, pad_batch
from pipeline.models.build import build_classifier
from pipeline.runtime.torch_setup import autocast

LENGTHS = (17, 3, 9, 2, 12)
HEAD = {"samples": 2, "reduce": "sum", "p": 0.1}
ENCODERS = ["bert", "nezha", "roberta", "albert", "ernie", "electra", "deberta-v2", "modernbert"]
every_pooler = pytest.mark.parametrize("pooler", registry.words("poolers"))


@pytest.fixture
def make_classifier(make_model, piece_arguments):
    def make(model_type, pooler):
        encoder = make_model(model_type)
        if hasattr(encoder, "pooler"):
            encoder.pooler = None  # as load_encoder leaves it
        torch.manual_seed(1)
        pooler = {"name": pooler, **piece_arguments("poolers", pooler)}
        return build_classifier(encoder, 3, pooler, HEAD).eval()

    return make


@pytest.fixture
def make_texts():
    def make(pad_id):
        rng = np.random.default_rng(0)
        return pack([rng.integers(5, 40, n).tolist() for n in LENGTHS], pad_id)

    return make


def tensors(texts, rows):
    return [torch.from_numpy(array) for array in pad_batch(texts, np.array(rows))]


def assert_padding_changes_nothing(classifier, texts):
    together = classifier(*tensors(texts, range(len(LENGTHS))))
    for row in range(len(LENGTHS)):
        alone = classifier(*tensors(texts, [row]))
        torch.testing.assert_close(together.logits[row], alone.logits[0], rtol=0, atol=1e-5)
        torch.testing.assert_close(together.pooled[row], alone.pooled[0], rtol=0, atol=1e-5)


@every_pooler
@pytest.mark.parametrize("model_type", ["bert", "nezha"])
def test_padding_changes_no_logit(make_classifier, make_texts, model_type, pooler):
    with torch.no_grad():
        assert_padding_changes_nothing(make_classifier(model_type, pooler), make_texts(0))


@pytest.mark.parametrize("model_type", ENCODERS)
def test_padding_changes_no_logit_of_any_encoder(make_classifier, make_texts, model_type):
    """RoBERTa has the padding id 1 and counts positions from there."""
    with torch.no_grad():
        texts = make_texts(1 if model_type == "roberta" else 0)
        assert_padding_changes_nothing(make_classifier(model_type, "mean"), texts)


def test_the_check_would_notice_attention_to_padding(make_classifier, make_texts):
    classifier, texts = make_classifier("bert", "cls"), make_texts(0)
    input_ids, mask = tensors(texts, range(len(LENGTHS)))
    with torch.no_grad():
        difference = classifier(input_ids, torch.ones_like(mask)).logits - classifier(input_ids, mask).logits
    assert difference[1:].abs().max() > 1e-2


@every_pooler
@pytest.mark.parametrize("model_type", ["bert", "nezha"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_every_weight_is_taught(make_classifier, make_texts, model_type, pooler, precision):
    classifier = make_classifier(model_type, pooler).train()
    with autocast("cpu", precision):
        output = classifier(*tensors(make_texts(0), range(len(LENGTHS))))
    assert output.logits.shape == (5, 3)
    assert output.pooled.shape == (5, 16)
    torch.nn.functional.cross_entropy(output.logits.float(), torch.tensor([0, 1, 2, 0, 1])).backward()
    for name, parameter in classifier.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name


def test_pooled_vectors_are_what_the_head_reads(make_classifier, make_texts):
    classifier = make_classifier("bert", "max")
    output = classifier(*tensors(make_texts(0), [0, 1]))
    torch.testing.assert_close(output.logits, classifier.head(output.pooled))
