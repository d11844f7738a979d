"""The value of an update against its terms computed one by one."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from pipeline.losses.batch_losses import MacroF1Loss
from pipeline.losses.contrastive import NTXentLoss, SupConLoss
from pipeline.losses.row_losses import CrossEntropyLoss, FocalLoss
from pipeline.models.classifier import ClassifierOutput
from pipeline.training.objective import ContrastiveTerm, LevelTerm, Objective, Rows, objective_value, totals, twice

B, C, H = 6, 4, 5
PARENTS = torch.tensor([0, 0, 1, 1])
LABELS = torch.tensor([0, 1, 2, 3, 3, 1])
SOFT = torch.rand(B, C, generator=torch.Generator().manual_seed(5)).softmax(dim=-1)
CLASS_WEIGHTS = torch.tensor([1.0, 2.0, 0.5, 3.0])
ROW_WEIGHTS = torch.tensor([1.0, 0.2, 3.0, 0.0, 1.0, 0.7])
CLASS_VECTORS = torch.randn(C, H, generator=torch.Generator().manual_seed(9))
CE = CrossEntropyLoss(label_smoothing=0.0)
TARGETS = pytest.mark.parametrize("targets", [LABELS, SOFT], ids=["ids", "soft"])


def output_of(n=B, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return ClassifierOutput(
        torch.randn(n, C, generator=generator),
        torch.randn(n, H, generator=generator),
        torch.randn(n, 2, generator=generator),
    )


def objective_of(loss=CE, class_weights=None, **terms):
    return Objective(loss, torch.ones(C) if class_weights is None else class_weights, **terms)


def value_of(objective, output, targets=LABELS, weights=None):
    rows = Rows(targets, torch.ones(len(targets)) if weights is None else weights)
    return objective_value(objective, output, rows, CLASS_VECTORS, totals(objective, [rows]))


def slow_mean(values, weights):
    return sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)


def test_the_loss_alone():
    output = output_of()
    torch.testing.assert_close(value_of(objective_of(), output), functional.cross_entropy(output.logits, LABELS))


@TARGETS
def test_a_row_counts_as_it_and_its_class_weigh(targets):
    """The weight of a row times Σ t · the classes' weights."""
    output = output_of()
    value = value_of(objective_of(FocalLoss(gamma=1.0), CLASS_WEIGHTS), output, targets, ROW_WEIGHTS)
    t = SOFT.tolist() if targets is SOFT else [[float(c == label) for c in range(C)] for label in LABELS.tolist()]
    of_classes = [sum(a * b for a, b in zip(row, CLASS_WEIGHTS.tolist(), strict=True)) for row in t]
    weights = [a * b for a, b in zip(ROW_WEIGHTS.tolist(), of_classes, strict=True)]
    losses = FocalLoss(gamma=1.0)(output.logits, targets).tolist()
    assert value.item() == pytest.approx(slow_mean(losses, weights), rel=1e-5)


@TARGETS
def test_a_loss_of_the_batch_gets_the_weights(targets):
    output = output_of()
    value = value_of(objective_of(MacroF1Loss(), CLASS_WEIGHTS), output, targets, ROW_WEIGHTS)
    assert torch.equal(value, MacroF1Loss()(output.logits, targets, CLASS_WEIGHTS, ROW_WEIGHTS))


@pytest.mark.parametrize("term", [SupConLoss(temperature=0.5), NTXentLoss(temperature=0.5)])
def test_contrastive_against_the_library_called_by_hand(term):
    output = output_of()
    plain = functional.cross_entropy(output.logits, LABELS)
    samples = value_of(objective_of(contrastive=ContrastiveTerm(term, 0.3, False)), output)
    torch.testing.assert_close(samples, plain + 0.3 * term.loss(output.pooled, LABELS))
    classes = value_of(objective_of(contrastive=ContrastiveTerm(term, 0.3, True)), output)
    vectors, labels = torch.cat([output.pooled, CLASS_VECTORS]), torch.cat([LABELS, torch.arange(C)])
    torch.testing.assert_close(classes, plain + 0.3 * term.loss(vectors, labels))


def test_the_first_levels_term():
    output = output_of()
    value = value_of(objective_of(levels=LevelTerm(0.2, PARENTS)), output)
    parents = torch.tensor([0, 0, 1, 1, 1, 0])
    plain = functional.cross_entropy(output.logits, LABELS)
    torch.testing.assert_close(value, plain + 0.2 * functional.cross_entropy(output.level_logits, parents))


def test_r_drop_compares_the_passes_of_a_row():
    """Both passes' losses are averaged; the divergence is the mean of KL(a‖b) and KL(b‖a), by PyTorch's own."""
    output, labels = output_of(2 * B), twice(LABELS)
    value = value_of(objective_of(r_drop=0.7), output, labels)
    first, second = output.logits[:B].log_softmax(-1), output.logits[B:].log_softmax(-1)
    divergence = sum(
        functional.kl_div(a, b, log_target=True, reduction="batchmean") for a, b in ((first, second), (second, first))
    )
    losses = functional.cross_entropy(output.logits[:B], LABELS), functional.cross_entropy(output.logits[B:], LABELS)
    torch.testing.assert_close(value, sum(losses) / 2 + 0.7 * divergence / 2)


def test_flooding_turns_the_gradient_below_its_level():
    for level, sign in ((0.1, 1), (50.0, -1)):
        logits = output_of().logits.requires_grad_()
        value = value_of(objective_of(flooding=level), ClassifierOutput(logits, logits))
        plain = functional.cross_entropy(logits, LABELS)
        assert value.item() == pytest.approx(abs(plain.item() - level) + level)
        [ours], [theirs] = torch.autograd.grad(value, logits), torch.autograd.grad(plain, logits)
        torch.testing.assert_close(ours, sign * theirs)


def test_the_contrastive_term_sees_the_likeliest_class_whatever_a_row_weighs():
    output, term = output_of(), SupConLoss(temperature=0.5)
    weighed = value_of(objective_of(contrastive=ContrastiveTerm(term, 0.3, False)), output, SOFT, ROW_WEIGHTS)
    plain = value_of(objective_of(), output, SOFT, ROW_WEIGHTS)
    torch.testing.assert_close(weighed, plain + 0.3 * term(output.pooled, SOFT.argmax(dim=1)))


def test_the_first_levels_term_of_probabilities_that_are_weighed():
    """A parent is as probable as its classes together; class weights have no say in its loss."""
    output, objective = output_of(), objective_of(class_weights=CLASS_WEIGHTS, levels=LevelTerm(0.2, PARENTS))
    value = value_of(objective, output, SOFT, ROW_WEIGHTS)
    log_p = output.level_logits.log_softmax(dim=-1).tolist()
    losses = [-(t[0] + t[1]) * of[0] - (t[2] + t[3]) * of[1] for t, of in zip(SOFT.tolist(), log_p, strict=True)]
    plain = value_of(objective_of(class_weights=CLASS_WEIGHTS), output, SOFT, ROW_WEIGHTS)
    assert value.item() == pytest.approx(plain.item() + 0.2 * slow_mean(losses, ROW_WEIGHTS.tolist()), rel=1e-5)


def test_r_drop_of_rows_that_are_weighed():
    output, weights = output_of(2 * B), twice(ROW_WEIGHTS)
    weighed = value_of(objective_of(class_weights=CLASS_WEIGHTS, r_drop=0.7), output, twice(LABELS), weights)
    plain = value_of(objective_of(class_weights=CLASS_WEIGHTS), output, twice(LABELS), weights)
    log_a, log_b = output.logits.log_softmax(dim=-1).chunk(2)
    divergences = ((log_a.exp() - log_b.exp()) * (log_a - log_b)).sum(dim=1) / 2
    expected = plain.item() + 0.7 * slow_mean(divergences.tolist(), ROW_WEIGHTS.tolist())
    assert weighed.item() == pytest.approx(expected, rel=1e-5)


@TARGETS
@pytest.mark.parametrize("r_drop", [None, 0.7])
@given(
    owners=st.lists(st.integers(0, 2), min_size=B, max_size=B),
    row_weights=st.lists(st.sampled_from([0.0, 0.5, 1.0, 3.0]), min_size=B, max_size=B),
)
def test_parts_sum_to_the_batch(targets, r_drop, owners, row_weights):
    """However the rows are dealt out, parts without weight included."""
    loss = FocalLoss(gamma=1.0)
    objective = objective_of(loss, CLASS_WEIGHTS, levels=LevelTerm(0.2, PARENTS), r_drop=r_drop)
    output, row_weights = output_of(B if r_drop is None else 2 * B), torch.tensor(row_weights)
    parts = []
    for owner in sorted(set(owners)):
        rows = [row for row in range(B) if owners[row] == owner]
        chosen = rows if r_drop is None else rows + rows
        passes = rows if r_drop is None else [*rows, *(row + B for row in rows)]
        part = ClassifierOutput(*(tensor[passes] for tensor in output))
        parts.append((part, Rows(targets[chosen], row_weights[chosen])))
    of_batch = totals(objective, [rows for _, rows in parts])
    values = [objective_value(objective, part, rows, CLASS_VECTORS, of_batch) for part, rows in parts]
    whole = (targets, row_weights) if r_drop is None else (twice(targets), twice(row_weights))
    torch.testing.assert_close(sum(values), value_of(objective, output, *whole))


@TARGETS
@pytest.mark.parametrize("r_drop", [None, 0.7])
def test_rows_that_weigh_nothing_change_no_mean(targets, r_drop):
    """Row 3 weighs nothing: whatever is said of it, the value is the same, and so it is without the row."""
    objective = objective_of(class_weights=CLASS_WEIGHTS, levels=LevelTerm(0.2, PARENTS), r_drop=r_drop)
    n = 1 if r_drop is None else 2
    output, other = output_of(n * B), output_of(n * B, seed=1)
    without = [row for row in range(n * B) if row % B != 3]
    for tensor, values in zip(output, other, strict=True):
        tensor[3::B] = values[3::B]
    of_rows = torch.cat([targets] * n), torch.cat([ROW_WEIGHTS] * n)
    kept = ClassifierOutput(*(tensor[without] for tensor in output))
    of_kept = value_of(objective, kept, *(of[without] for of in of_rows))
    torch.testing.assert_close(value_of(objective, output, *of_rows), of_kept)
    plain = output_of(n * B)
    torch.testing.assert_close(value_of(objective, plain, *of_rows), of_kept)


def test_a_batch_that_weighs_nothing_has_the_value_0():
    objective = objective_of(levels=LevelTerm(0.2, PARENTS), r_drop=0.7)
    assert value_of(objective, output_of(2 * B), twice(LABELS), torch.zeros(2 * B)).item() == 0


def test_the_value_is_fp32_whatever_the_logits_are():
    output = ClassifierOutput(*(tensor.bfloat16() for tensor in output_of()))
    terms = {"contrastive": ContrastiveTerm(SupConLoss(temperature=0.5), 1.0, True), "levels": LevelTerm(1.0, PARENTS)}
    assert value_of(objective_of(**terms), output).dtype == torch.float32
