"""The value of an update against its terms computed one by one."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from pipeline.losses.contrastive import NTXentLoss, SupConLoss
from pipeline.losses.focal import FocalLoss
from pipeline.models.classifier import ClassifierOutput
from pipeline.training.objective import Contrastive, LevelTerm, Objective, objective_value, twice

B, C, H = 6, 4, 5
PARENTS = torch.tensor([0, 0, 1, 1])
WEIGHTS = torch.tensor([1.0, 2.0, 0.5, 3.0])


def output_of(n=B, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return ClassifierOutput(
        torch.randn(n, C, generator=generator),
        torch.randn(n, H, generator=generator),
        torch.randn(n, 2, generator=generator),
    )


LABELS = torch.tensor([0, 1, 2, 3, 3, 1])
CLASS_VECTORS = torch.randn(C, H, generator=torch.Generator().manual_seed(9))


def value_of(objective, output, labels=LABELS, batch_labels=LABELS):
    return objective_value(objective, output, labels, CLASS_VECTORS, batch_labels)


def test_the_loss_alone():
    output = output_of()
    assert torch.equal(value_of(Objective(nn.CrossEntropyLoss()), output), functional.cross_entropy(output[0], LABELS))


@pytest.mark.parametrize("term", [SupConLoss(temperature=0.5), NTXentLoss(temperature=0.5)])
def test_contrastive_against_the_library_called_by_hand(term):
    output = output_of()
    plain = functional.cross_entropy(output.logits, LABELS)
    samples = value_of(Objective(nn.CrossEntropyLoss(), Contrastive(term, 0.3, False)), output)
    torch.testing.assert_close(samples, plain + 0.3 * term.loss(output.pooled, LABELS))
    classes = value_of(Objective(nn.CrossEntropyLoss(), Contrastive(term, 0.3, True)), output)
    vectors, labels = torch.cat([output.pooled, CLASS_VECTORS]), torch.cat([LABELS, torch.arange(C)])
    torch.testing.assert_close(classes, plain + 0.3 * term.loss(vectors, labels))


def test_the_first_levels_term():
    output = output_of()
    value = value_of(Objective(nn.CrossEntropyLoss(), levels=LevelTerm(0.2, PARENTS)), output)
    parents = torch.tensor([0, 0, 1, 1, 1, 0])
    plain = functional.cross_entropy(output.logits, LABELS)
    torch.testing.assert_close(value, plain + 0.2 * functional.cross_entropy(output.level_logits, parents))


def test_r_drop_compares_the_passes_of_a_row():
    """Both passes' losses are averaged; the divergence is the mean of KL(a‖b) and KL(b‖a), by PyTorch's own."""
    output, labels = output_of(2 * B), twice(LABELS)
    value = value_of(Objective(nn.CrossEntropyLoss(), r_drop=0.7), output, labels)
    first, second = output.logits[:B].log_softmax(-1), output.logits[B:].log_softmax(-1)
    divergence = sum(
        functional.kl_div(a, b, log_target=True, reduction="batchmean") for a, b in ((first, second), (second, first))
    )
    losses = functional.cross_entropy(output.logits[:B], LABELS), functional.cross_entropy(output.logits[B:], LABELS)
    torch.testing.assert_close(value, sum(losses) / 2 + 0.7 * divergence / 2)


def test_flooding_turns_the_gradient_below_its_level():
    for level, sign in ((0.1, 1), (50.0, -1)):
        logits = output_of().logits.requires_grad_()
        value = value_of(Objective(nn.CrossEntropyLoss(), flooding=level), ClassifierOutput(logits, logits))
        plain = functional.cross_entropy(logits, LABELS)
        assert value.item() == pytest.approx(abs(plain.item() - level) + level)
        [ours], [theirs] = torch.autograd.grad(value, logits), torch.autograd.grad(plain, logits)
        torch.testing.assert_close(ours, sign * theirs)


@pytest.mark.parametrize("r_drop", [None, 0.7])
def test_parts_sum_to_the_batch(r_drop):
    objective = Objective(FocalLoss(WEIGHTS, gamma=1.0), levels=LevelTerm(0.2, PARENTS), r_drop=r_drop)
    output = output_of(B if r_drop is None else 2 * B)
    labels = LABELS if r_drop is None else twice(LABELS)
    whole = value_of(objective, output, labels)
    total = 0.0
    for rows in ([0, 1, 2, 3], [4, 5]):
        chosen = rows if r_drop is None else [*rows, *(row + B for row in rows)]
        part = ClassifierOutput(*(tensor[chosen] for tensor in output))
        total += float(value_of(objective, part, labels[chosen]))
    assert total == pytest.approx(float(whole), rel=1e-6)


def test_the_value_is_fp32_whatever_the_logits_are():
    output = ClassifierOutput(*(tensor.bfloat16() for tensor in output_of()))
    terms = {"contrastive": Contrastive(SupConLoss(temperature=0.5), 1.0, True), "levels": LevelTerm(1.0, PARENTS)}
    assert value_of(Objective(nn.CrossEntropyLoss(), **terms), output).dtype == torch.float32
