import math

import pytest
import torch
from torch.nn import functional

from pipeline.errors import UserError
from pipeline.losses.batch_losses import DiceLoss, MacroF1Loss, hardest_rows
from pipeline.metrics import macro_f1

PLAIN = {"alpha": 0.0, "smooth": 0.0, "squared_denominator": False, "hardest_share": 1.0}
DAMPED = {"alpha": 0.3, "smooth": 1.0, "squared_denominator": True, "hardest_share": 1.0}
ABSENT = 3  # no row of the batch is of this class, or a part of one


def mean_over_classes(losses, rows, class_weights):
    """Of those that have rows."""
    occur = [c for c in range(len(rows)) if rows[c] > 0]
    return sum(class_weights[c] * losses[c] for c in occur) / sum(class_weights[c] for c in occur)


def slow_dice(p, t, class_weights, row_weights, alpha, smooth, squared_denominator):
    losses, rows = [], []
    for c in range(len(class_weights)):
        overlap = below = n = 0.0
        for i, weight in enumerate(row_weights):
            damped = (1 - p[i][c]) ** alpha * p[i][c]
            overlap += weight * damped * t[i][c]
            below += weight * (damped**2 + t[i][c] ** 2 if squared_denominator else damped + t[i][c])
            n += weight * t[i][c]
        losses.append(1 - (2 * overlap + smooth) / (below + smooth))
        rows.append(n)
    return mean_over_classes(losses, rows, class_weights)


def slow_macro_f1(p, t, class_weights, row_weights):
    losses, rows = [], []
    for c in range(len(class_weights)):
        cells = [(weight, p[i][c], t[i][c]) for i, weight in enumerate(row_weights)]
        tp = sum(weight * q * share for weight, q, share in cells)
        fp = sum(weight * q * (1 - share) for weight, q, share in cells)
        fn = sum(weight * (1 - q) * share for weight, q, share in cells)
        losses.append(1 - 2 * tp / (2 * tp + fp + fn))
        rows.append(tp + fn)
    return mean_over_classes(losses, rows, class_weights)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("smooth", [0.01, 1.0])
@pytest.mark.parametrize("squared_denominator", [False, True])
def test_dice_equals_loop(
    logits, targets, class_weights, row_weights, slow_p, slow_t, alpha, smooth, squared_denominator
):
    settings = {"alpha": alpha, "smooth": smooth, "squared_denominator": squared_denominator}
    loss = DiceLoss(**settings, hardest_share=1.0)(logits, targets, class_weights, row_weights)
    slow = slow_dice(slow_p, slow_t, class_weights.tolist(), row_weights.tolist(), **settings)
    assert loss.item() == pytest.approx(slow, abs=1e-6)  # the loss is fp32 inside


def test_macro_f1_equals_loop(logits, targets, class_weights, row_weights, slow_p, slow_t):
    loss = MacroF1Loss()(logits, targets, class_weights, row_weights)
    slow = slow_macro_f1(slow_p, slow_t, class_weights.tolist(), row_weights.tolist())
    assert loss.item() == pytest.approx(slow, abs=1e-6)


def test_dice_of_two_rows_by_hand():
    """Class 0: overlap 0.75, p + t = 0.75 + 0.5 + 1. Class 1: overlap 0.5, p + t = 0.25 + 0.5 + 1."""
    logits = torch.log(torch.tensor([[0.75, 0.25], [0.5, 0.5]]))
    loss = DiceLoss(**PLAIN)(logits, torch.tensor([0, 1]), torch.tensor([1.0, 3.0]), torch.ones(2))
    assert loss.item() == pytest.approx(((1 - 1.5 / 2.25) + 3 * (1 - 1.0 / 1.75)) / 4, abs=1e-6)


def test_dice_of_a_doubtful_target_by_hand():
    """The first row weighs 2. Class 0 has the overlap 2 · 0.75 · 0.5, and p + t is 2 · 1.25 + 0.25 over the rows.

    For class 1 they are 2 · 0.25 · 0.5 + 0.75 and 2 · 0.75 + 1.75.
    """
    logits = torch.log(torch.tensor([[0.75, 0.25], [0.25, 0.75]]))
    targets, weights = torch.tensor([[0.5, 0.5], [0.0, 1.0]]), torch.tensor([2.0, 1.0])
    loss = DiceLoss(**PLAIN)(logits, targets, torch.ones(2), weights)
    assert loss.item() == pytest.approx(((1 - 1.5 / 2.75) + (1 - 2.0 / 3.25)) / 2, abs=1e-6)


def test_macro_f1_of_certain_answers_is_the_metric():
    """All three classes occur, so leaving out absent ones changes nothing."""
    labels, answers = torch.tensor([0, 0, 0, 1, 1, 2]), torch.tensor([0, 1, 0, 1, 2, 2])
    logits = functional.one_hot(answers, 3) * 100.0
    expected = 1 - macro_f1(labels.numpy(), answers.numpy(), 3)
    assert MacroF1Loss()(logits, labels, torch.ones(3), torch.ones(6)).item() == pytest.approx(expected, abs=1e-6)


def test_macro_f1_is_plain_dice_that_nothing_damps_or_smooths(logits, targets, class_weights, row_weights):
    batch = logits, targets, class_weights, row_weights
    torch.testing.assert_close(MacroF1Loss()(*batch), DiceLoss(**PLAIN)(*batch))


@pytest.mark.parametrize("loss", [DiceLoss(**DAMPED), MacroF1Loss()], ids=["dice", "macro_f1"])
def test_absent_class_has_no_say_however_heavy(logits, targets, class_weights, row_weights, loss):
    heavier = class_weights.clone()
    heavier[ABSENT] = 1e6
    torch.testing.assert_close(*(loss(logits, targets, of, row_weights) for of in (class_weights, heavier)))


def test_a_class_whose_rows_weigh_nothing_is_absent(logits, labels, class_weights):
    weights = (labels != 1).double()
    heavier = class_weights.clone()
    heavier[1] = 1e6
    torch.testing.assert_close(*(MacroF1Loss()(logits, labels, of, weights) for of in (class_weights, heavier)))


def test_counting_absent_classes_would_only_scale_the_gradient(logits, labels):
    """Why they are left out: with class 3 counted as one more F1 of 0, 3/4 of the gradient is left."""
    p = torch.softmax(logits, dim=-1)
    t = functional.one_hot(labels, 4).double()
    counted = (1 - 2 * (p * t).sum(dim=0) / (p.sum(dim=0) + t.sum(dim=0))).mean()
    (with_absent,) = torch.autograd.grad(counted, logits)
    (ours,) = torch.autograd.grad(MacroF1Loss()(logits, labels, torch.ones(4), torch.ones(9)), logits)
    torch.testing.assert_close(with_absent, ours * 3 / 4, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "loss",
    [
        MacroF1Loss(),
        *(
            DiceLoss(alpha=alpha, smooth=1.0, squared_denominator=squared, hardest_share=0.9)
            for alpha in (0.0, 0.3, 1.0)
            for squared in (False, True)
        ),
    ],
)
def test_gradients_are_finite_for_certain_rows(certain_batch, loss):
    logits, labels = certain_batch
    value = loss(logits, labels, torch.ones(4), torch.ones(3))
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("loss", [DiceLoss(**PLAIN), DiceLoss(**DAMPED | {"hardest_share": 0.5}), MacroF1Loss()])
def test_a_batch_that_weighs_nothing_teaches_nothing(logits, targets, loss):
    value = loss(logits, targets, torch.ones(4), torch.zeros(9))
    value.backward()
    assert value.item() == 0
    assert (logits.grad == 0).all()


# --- the hardest rows of dice ----------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.01, 0.3, 1 / 3, 0.5, 0.99, 1.0])
def test_dice_of_the_hardest_rows_equals_loop(logits, targets, slow_p, slow_t, class_weights, row_weights, share):
    """Among those that weigh anything, which are 8 of the 9."""
    weighed = [i for i in range(9) if row_weights[i] > 0]
    answered = {i: sum(a * b for a, b in zip(slow_p[i], slow_t[i], strict=True)) for i in weighed}
    hardest = sorted(weighed, key=answered.get)[: math.ceil(share * 8)]
    kept = ([of[i] for i in hardest] for of in (slow_p, slow_t))
    weights = class_weights.tolist(), [row_weights[i].item() for i in hardest]
    loss = DiceLoss(**DAMPED | {"hardest_share": share})(logits, targets, class_weights, row_weights)
    slow = slow_dice(*kept, *weights, alpha=0.3, smooth=1.0, squared_denominator=True)
    assert loss.item() == pytest.approx(slow, abs=1e-6)


def test_easy_rows_teach_nothing(logits, labels):
    DiceLoss(**DAMPED | {"hardest_share": 0.3})(logits, labels, torch.ones(4), torch.ones(9)).backward()
    p = torch.softmax(logits.detach(), dim=-1).gather(1, labels[:, None]).squeeze(1)
    taught = (logits.grad != 0).any(dim=1)
    assert taught.sum() == 3
    assert p[taught].max() < p[~taught].min()


def test_of_rows_that_are_equally_hard_the_first_are_kept():
    p, t = torch.full((6, 2), 0.5), functional.one_hot(torch.tensor([0, 1, 0, 1, 1, 0])).float()
    assert hardest_rows(p, t, torch.ones(6), 0.5).tolist() == [0, 1, 2]
    assert hardest_rows(p, t, torch.tensor([1.0, 0, 1, 1, 0, 1]), 0.5).tolist() == [0, 2]


def test_a_doubtful_target_is_as_hard_as_the_answer_differs():
    """Σ t · p is 0.5 · 0.5, twice: equal; then 0.9 · 0.6 + 0.1 · 0.4 = 0.58 and 0.1 · 0.9 + 0.9 · 0.1 = 0.18."""
    p = torch.tensor([[0.5, 0.5], [0.6, 0.4], [0.9, 0.1]])
    t = torch.tensor([[0.3, 0.7], [0.9, 0.1], [0.1, 0.9]])
    assert hardest_rows(p, t, torch.ones(3), 1.0).tolist() == [2, 0, 1]


@pytest.mark.parametrize(("share", "n_rows", "kept"), [(0.07, 100, 7), (0.071, 100, 8), (1e-9, 5, 1), (0.5, 3, 2)])
def test_share_is_rounded_up(share, n_rows, kept):
    assert len(hardest_rows(torch.rand(n_rows, 2), torch.ones(n_rows, 2), torch.ones(n_rows), share)) == kept


@pytest.mark.parametrize("share", [0.0, -0.5, 1.01])
def test_share_that_means_nothing_is_refused(share):
    with pytest.raises(UserError, match="hardest_share"):
        DiceLoss(**DAMPED | {"hardest_share": share})
