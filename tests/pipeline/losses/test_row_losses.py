import math

import pytest
import torch
from torch.nn import functional

from pipeline.losses.row_losses import CrossEntropyLoss, FocalLoss


def slow_cross_entropy(p, t, label_smoothing):
    """Of one row."""
    smoothed = [(1 - label_smoothing) * share + label_smoothing / len(t) for share in t]
    return -sum(share * math.log(q) for share, q in zip(smoothed, p, strict=True))


def slow_focal(p, t, gamma):
    """Of one row."""
    return -sum(share * (1 - q) ** gamma * math.log(q) for share, q in zip(t, p, strict=True))


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1, 0.5])
def test_cross_entropy_equals_loop(logits, targets, slow_p, slow_t, label_smoothing):
    losses = CrossEntropyLoss(label_smoothing=label_smoothing)(logits, targets)
    slow = [slow_cross_entropy(p, t, label_smoothing) for p, t in zip(slow_p, slow_t, strict=True)]
    assert losses.tolist() == pytest.approx(slow, abs=1e-12)


@pytest.mark.parametrize("gamma", [0.0, 0.3, 1.0, 2.0])
def test_focal_equals_loop(logits, targets, slow_p, slow_t, gamma):
    losses = FocalLoss(gamma=gamma)(logits, targets)
    slow = [slow_focal(p, t, gamma) for p, t in zip(slow_p, slow_t, strict=True)]
    assert losses.tolist() == pytest.approx(slow, abs=1e-9)


def test_cross_entropy_averaged_is_that_of_pytorch(logits, labels):
    expected = functional.cross_entropy(logits, labels, label_smoothing=0.2)
    torch.testing.assert_close(CrossEntropyLoss(label_smoothing=0.2)(logits, labels).mean(), expected)


def test_focal_of_gamma_zero_is_cross_entropy(logits, targets):
    expected = CrossEntropyLoss(label_smoothing=0.0)(logits, targets)
    torch.testing.assert_close(FocalLoss(gamma=0.0)(logits, targets), expected)


def test_focal_by_hand():
    """A certain row, and one that says two to one."""
    logits = torch.log(torch.tensor([[0.75, 0.25], [0.75, 0.25]]))
    losses = FocalLoss(gamma=2.0)(logits, torch.tensor([[1.0, 0.0], [2 / 3, 1 / 3]]))
    first, second = 0.25**2 * math.log(0.75), 0.75**2 * math.log(0.25)
    assert losses.tolist() == pytest.approx([-first, -2 / 3 * first - second / 3], abs=1e-6)


@pytest.mark.parametrize(
    "loss", [CrossEntropyLoss(label_smoothing=0.1), *(FocalLoss(gamma=gamma) for gamma in (0.3, 0.5, 1.0, 2.0))]
)
@pytest.mark.parametrize("soft", [False, True])
def test_gradients_are_finite_for_certain_rows(certain_batch, loss, soft):
    logits, labels = certain_batch
    losses = loss(logits, (functional.one_hot(labels, 4) + 0.1) / 1.4 if soft else labels)
    losses.sum().backward()
    assert torch.isfinite(losses).all()
    assert torch.isfinite(logits.grad).all()
