import math

import pytest
import torch

from pipeline.errors import UserError
from pipeline.losses.dice import DiceLoss, hardest_rows


def slow_dice(probs, labels, class_weights, alpha, smooth, squared_denominator):
    total = weight_sum = 0.0
    for c in range(len(class_weights)):
        if c not in labels:
            continue
        overlap = below = 0.0
        for p, label in zip(probs, labels, strict=True):
            damped, t = (1 - p[c]) ** alpha * p[c], float(label == c)
            overlap += damped * t
            below += damped**2 + t**2 if squared_denominator else damped + t
        total += class_weights[c] * (1 - (2 * overlap + smooth) / (below + smooth))
        weight_sum += class_weights[c]
    return total / weight_sum


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("smooth", [0.01, 1.0])
@pytest.mark.parametrize("squared_denominator", [False, True])
def test_equals_loop(batch, slow_probs, class_weights, alpha, smooth, squared_denominator):
    settings = {"alpha": alpha, "smooth": smooth, "squared_denominator": squared_denominator}
    loss = DiceLoss(class_weights, **settings, hardest_share=1.0)(*batch)
    slow = slow_dice(slow_probs, batch[1].tolist(), class_weights.tolist(), **settings)
    assert loss.item() == pytest.approx(slow, abs=1e-6)  # the loss is fp32 inside


def test_two_rows_by_hand():
    """Class 0: overlap 0.75, p + t = 0.75 + 0.5 + 1. Class 1: overlap 0.5, p + t = 0.25 + 0.5 + 1."""
    logits = torch.log(torch.tensor([[0.75, 0.25], [0.5, 0.5]]))
    loss = DiceLoss(torch.tensor([1.0, 3.0]), alpha=0.0, smooth=0.0, squared_denominator=False, hardest_share=1.0)
    expected = ((1 - 1.5 / 2.25) + 3 * (1 - 1.0 / 1.75)) / 4
    assert loss(logits, torch.tensor([0, 1])).item() == pytest.approx(expected, abs=1e-6)


def test_absent_class_has_no_say_however_heavy(batch, class_weights):
    settings = {"alpha": 0.3, "smooth": 1.0, "squared_denominator": True, "hardest_share": 1.0}
    heavier = class_weights.clone()
    heavier[3] = 1e6  # no row of the batch is of class 3
    torch.testing.assert_close(DiceLoss(class_weights, **settings)(*batch), DiceLoss(heavier, **settings)(*batch))


def test_right_answers_score_better_than_wrong_ones():
    loss = DiceLoss(torch.ones(3), alpha=0.3, smooth=1.0, squared_denominator=True, hardest_share=1.0)
    labels = torch.tensor([0, 1, 2, 0])
    right = torch.nn.functional.one_hot(labels, 3).float() * 2
    assert loss(right, labels) < loss(right.roll(1, dims=1), labels)


@pytest.mark.parametrize("squared_denominator", [False, True])
@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_gradients_are_finite_for_certain_rows(certain_batch, alpha, squared_denominator):
    logits, labels = certain_batch
    settings = {"smooth": 1.0, "squared_denominator": squared_denominator, "hardest_share": 0.9}
    loss = DiceLoss(torch.ones(4), alpha=alpha, **settings)
    value = loss(logits, labels)
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("share", [0.01, 0.3, 1 / 3, 0.5, 0.99, 1.0])
def test_of_the_hardest_rows_equals_loop(batch, slow_probs, class_weights, share):
    labels = batch[1].tolist()
    hardest = sorted(range(9), key=lambda i: slow_probs[i][labels[i]])[: math.ceil(share * 9)]
    settings = {"alpha": 0.3, "smooth": 1.0, "squared_denominator": True}
    kept = [slow_probs[i] for i in hardest], [labels[i] for i in hardest]
    loss = DiceLoss(class_weights, **settings, hardest_share=share)(*batch)
    assert loss.item() == pytest.approx(slow_dice(*kept, class_weights.tolist(), **settings), abs=1e-6)


def test_easy_rows_teach_nothing(batch):
    logits, labels = batch
    dice = DiceLoss(torch.ones(4), alpha=0.3, smooth=1.0, squared_denominator=True, hardest_share=0.3)
    dice(logits, labels).backward()
    p = torch.softmax(logits.detach(), dim=-1).gather(1, labels[:, None]).squeeze(1)
    taught = (logits.grad != 0).any(dim=1)
    assert taught.sum() == 3
    assert p[taught].max() < p[~taught].min()


def test_of_rows_that_are_equally_hard_the_first_are_kept():
    p, labels = torch.full((6, 2), 0.5), torch.tensor([0, 1, 0, 1, 1, 0])
    assert hardest_rows(p, labels, 0.5).tolist() == [0, 1, 2]


@pytest.mark.parametrize(("share", "n_rows", "kept"), [(0.07, 100, 7), (0.071, 100, 8), (1e-9, 5, 1), (0.5, 3, 2)])
def test_share_is_rounded_up(share, n_rows, kept):
    assert len(hardest_rows(torch.rand(n_rows, 2), torch.zeros(n_rows, dtype=torch.long), share)) == kept


@pytest.mark.parametrize("share", [0.0, -0.5, 1.01])
def test_share_that_means_nothing_is_refused(share):
    with pytest.raises(UserError, match="hardest_share"):
        DiceLoss(torch.ones(2), alpha=0.3, smooth=1.0, squared_denominator=True, hardest_share=share)
