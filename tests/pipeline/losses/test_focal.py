import math

import pytest
import torch

from pipeline.losses.cross_entropy import CrossEntropyLoss
from pipeline.losses.focal import FocalLoss


def slow_focal(probs, labels, class_weights, gamma):
    total = weight_sum = 0.0
    for p, label in zip(probs, labels, strict=True):
        total += class_weights[label] * (1 - p[label]) ** gamma * -math.log(p[label])
        weight_sum += class_weights[label]
    return total / weight_sum


@pytest.mark.parametrize("gamma", [0.0, 0.3, 1.0, 2.0])
def test_equals_loop(batch, slow_probs, class_weights, gamma):
    loss = FocalLoss(class_weights, gamma=gamma)(*batch)
    slow = slow_focal(slow_probs, batch[1].tolist(), class_weights.tolist(), gamma)
    assert loss.item() == pytest.approx(slow, abs=1e-9)


def test_gamma_zero_is_cross_entropy(batch, class_weights):
    expected = CrossEntropyLoss(class_weights, label_smoothing=0.0)(*batch)
    torch.testing.assert_close(FocalLoss(class_weights, gamma=0.0)(*batch), expected)


def test_one_row_by_hand():
    logits = torch.log(torch.tensor([[0.75, 0.25]]))
    loss = FocalLoss(torch.tensor([1.0, 1.0]), gamma=2.0)(logits, torch.tensor([0]))
    assert loss.item() == pytest.approx(-(0.25**2) * math.log(0.75), abs=1e-6)


@pytest.mark.parametrize("gamma", [0.3, 0.5, 1.0, 2.0])
def test_gradients_are_finite_for_certain_rows(certain_batch, gamma):
    logits, labels = certain_batch
    loss = FocalLoss(torch.ones(4), gamma=gamma)(logits, labels)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(logits.grad).all()
