import math

import pytest
import torch
from torch.nn import functional

from pipeline.losses.cross_entropy import CrossEntropyLoss


def slow_cross_entropy(probs, labels, class_weights, label_smoothing):
    total = weight_sum = 0.0
    for p, label in zip(probs, labels, strict=True):
        target = [label_smoothing / len(p)] * len(p)
        target[label] += 1 - label_smoothing
        total += class_weights[label] * -sum(t * math.log(q) for t, q in zip(target, p, strict=True))
        weight_sum += class_weights[label]
    return total / weight_sum


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1, 0.5])
def test_equals_loop(batch, slow_probs, class_weights, label_smoothing):
    loss = CrossEntropyLoss(class_weights, label_smoothing=label_smoothing)(*batch)
    slow = slow_cross_entropy(slow_probs, batch[1].tolist(), class_weights.tolist(), label_smoothing)
    assert loss.item() == pytest.approx(slow, abs=1e-12)


def test_equals_pytorch_where_nothing_is_smoothed(batch, class_weights):
    expected = functional.cross_entropy(*batch, weight=class_weights)
    torch.testing.assert_close(CrossEntropyLoss(class_weights, label_smoothing=0.0)(*batch), expected)


def test_equals_pytorch_where_classes_weigh_the_same(batch):
    expected = functional.cross_entropy(*batch, label_smoothing=0.2)
    loss = CrossEntropyLoss(torch.full((4,), 3.0, dtype=torch.float64), label_smoothing=0.2)
    torch.testing.assert_close(loss(*batch), expected)


def test_class_that_is_not_in_the_batch_has_no_say_however_heavy(batch, class_weights):
    heavier = class_weights.clone()
    heavier[3] = 1e6  # no row of the batch is of class 3
    losses = [CrossEntropyLoss(weights, label_smoothing=0.1)(*batch) for weights in (class_weights, heavier)]
    torch.testing.assert_close(*losses)


def test_gradients_are_finite_for_certain_rows(certain_batch):
    logits, labels = certain_batch
    CrossEntropyLoss(torch.ones(4), label_smoothing=0.1)(logits, labels).backward()
    assert torch.isfinite(logits.grad).all()
