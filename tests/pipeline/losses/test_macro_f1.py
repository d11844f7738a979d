import pytest
import torch

from pipeline.losses.dice import DiceLoss
from pipeline.losses.macro_f1 import MacroF1Loss
from pipeline.metrics import macro_f1


def slow_soft_macro_f1(probs, labels, class_weights):
    total = weight_sum = 0.0
    for c in range(len(class_weights)):
        tp = sum(p[c] for p, label in zip(probs, labels, strict=True) if label == c)
        fp = sum(p[c] for p, label in zip(probs, labels, strict=True) if label != c)
        fn = sum(1 - p[c] for p, label in zip(probs, labels, strict=True) if label == c)
        if c in labels:
            total += class_weights[c] * (1 - 2 * tp / (2 * tp + fp + fn))
            weight_sum += class_weights[c]
    return total / weight_sum


def test_equals_loop(batch, slow_probs, class_weights):
    loss = MacroF1Loss(class_weights)(*batch)
    slow = slow_soft_macro_f1(slow_probs, batch[1].tolist(), class_weights.tolist())
    assert loss.item() == pytest.approx(slow, abs=1e-6)  # the loss is fp32 inside


def test_of_certain_answers_it_is_the_metric():
    """All three classes occur, so leaving out absent ones changes nothing."""
    labels, answers = torch.tensor([0, 0, 0, 1, 1, 2]), torch.tensor([0, 1, 0, 1, 2, 2])
    logits = torch.nn.functional.one_hot(answers, 3) * 100.0
    expected = 1 - macro_f1(labels.numpy(), answers.numpy(), 3)
    assert MacroF1Loss(torch.ones(3))(logits, labels).item() == pytest.approx(expected, abs=1e-6)


def test_is_plain_dice_that_nothing_damps_or_smooths(batch, class_weights):
    dice = DiceLoss(class_weights, alpha=0.0, smooth=0.0, squared_denominator=False, hardest_share=1.0)
    torch.testing.assert_close(MacroF1Loss(class_weights)(*batch), dice(*batch))


def test_absent_class_has_no_say_however_heavy(batch, class_weights):
    heavier = class_weights.clone()
    heavier[3] = 1e6  # no row of the batch is of class 3
    torch.testing.assert_close(MacroF1Loss(class_weights)(*batch), MacroF1Loss(heavier)(*batch))


def test_counting_absent_classes_would_only_scale_the_gradient(batch):
    """Why they are left out: with class 3 counted as one more F1 of 0, 3/4 of the gradient is left."""
    logits, labels = batch
    p = torch.softmax(logits, dim=-1)
    t = torch.nn.functional.one_hot(labels, 4).double()
    counted = (1 - 2 * (p * t).sum(dim=0) / (p.sum(dim=0) + t.sum(dim=0))).mean()
    (with_absent,) = torch.autograd.grad(counted, logits)
    (ours,) = torch.autograd.grad(MacroF1Loss(torch.ones(4))(logits, labels), logits)
    torch.testing.assert_close(with_absent, ours * 3 / 4, rtol=1e-4, atol=1e-6)


def test_gradients_are_finite_for_certain_rows(certain_batch):
    logits, labels = certain_batch
    value = MacroF1Loss(torch.ones(4))(logits, labels)
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(logits.grad).all()
