import math
import subprocess
import sys

import pytest
import torch
from pytorch_metric_learning import losses as reference
from torch.nn import functional

from pipeline.losses.contrastive import NTXentLoss, SupConLoss, with_class_vectors
from pipeline.losses.row_losses import CrossEntropyLoss
from pipeline.models.classifier import ClassifierOutput
from pipeline.training.objective import ContrastiveTerm, Objective, Rows, objective_value, totals

REFERENCES = {SupConLoss: reference.SupConLoss, NTXentLoss: reference.NTXentLoss}
each = pytest.mark.parametrize("ours", REFERENCES)


def value_of(output, labels, term, class_vectors):
    objective = Objective(CrossEntropyLoss(label_smoothing=0.0), torch.ones(4), term)
    rows = Rows(labels, torch.ones(len(labels)))
    return objective_value(objective, output, rows, class_vectors, totals(objective, [rows]))


@pytest.fixture
def rows():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(6, 5, generator=generator).requires_grad_(), torch.tensor([0, 2, 0, 1, 2, 2])


@pytest.fixture
def class_vectors():
    return torch.randn(4, 5, generator=torch.Generator().manual_seed(1)).requires_grad_()


def slow_supcon(vectors, labels, temperature):
    """Khosla et al., equation 2: the mean over a row's partners, then over the rows that have one."""
    unit = functional.normalize(vectors.detach()).tolist()
    values = []
    for i, anchor in enumerate(unit):
        similar = {
            j: math.exp(sum(a * b for a, b in zip(anchor, other, strict=True)) / temperature)
            for j, other in enumerate(unit)
            if j != i
        }
        partners = [j for j in similar if labels[j] == labels[i]]
        if partners:
            logs = [math.log(similar[j] / sum(similar.values())) for j in partners]
            values.append(-sum(logs) / len(logs))
    return sum(values) / len(values)


def slow_ntxent(vectors, labels, temperature):
    """Each ordered pair of one class against itself and the first row's pairs with other classes."""
    unit = functional.normalize(vectors.detach()).tolist()
    n, values = len(unit), []
    for i in range(n):
        similar = [math.exp(sum(a * b for a, b in zip(unit[i], unit[j], strict=True)) / temperature) for j in range(n)]
        others = sum(similar[j] for j in range(n) if labels[j] != labels[i])
        values += [-math.log(similar[j] / (similar[j] + others)) for j in range(n) if j != i and labels[j] == labels[i]]
    return sum(values) / len(values)


@each
@pytest.mark.parametrize("temperature", [0.07, 0.5])
def test_equals_the_library_called_by_hand(ours, rows, temperature):
    expected = REFERENCES[ours](temperature=temperature)(*rows)
    torch.testing.assert_close(ours(temperature=temperature)(*rows), expected, rtol=0, atol=0)


@pytest.mark.parametrize(("ours", "slow"), [(SupConLoss, slow_supcon), (NTXentLoss, slow_ntxent)])
def test_equals_loop(ours, slow, rows):
    vectors, labels = rows
    assert ours(temperature=0.5)(vectors, labels).item() == pytest.approx(slow(vectors, labels.tolist(), 0.5), abs=1e-5)


@each
def test_no_pair_gives_zero_that_can_be_differentiated(ours, rows):
    vectors = rows[0]
    value = ours(temperature=0.5)(vectors, torch.arange(6))
    value.backward()
    assert value.item() == 0
    assert not vectors.grad.any()


def test_class_vectors_join_as_one_row_of_their_class(rows, class_vectors):
    vectors, labels = with_class_vectors(*rows, class_vectors)
    assert labels.tolist() == [0, 2, 0, 1, 2, 2, 0, 1, 2, 3]
    torch.testing.assert_close(vectors[:6], rows[0])
    torch.testing.assert_close(vectors[6:], class_vectors)


@each
@pytest.mark.parametrize("with_classes", [False, True])
def test_the_objective_adds_the_weighted_term(ours, rows, class_vectors, with_classes):
    pooled, labels = rows
    logits = pooled @ class_vectors.T
    output = ClassifierOutput(logits, pooled)
    term = ContrastiveTerm(ours(temperature=0.5), 0.3, with_classes)
    joined = torch.cat([pooled, class_vectors]) if with_classes else pooled
    joined_labels = torch.cat([labels, torch.arange(4)]) if with_classes else labels
    expected = functional.cross_entropy(logits, labels) + 0.3 * REFERENCES[ours](temperature=0.5)(joined, joined_labels)
    value = value_of(output, labels, term, class_vectors)
    torch.testing.assert_close(value, expected)
    assert value != value_of(output, labels, None, class_vectors)


@pytest.mark.parametrize(("with_classes", "reached"), [(True, True), (False, False)])
def test_the_term_teaches_class_vectors_only_where_they_join(rows, class_vectors, with_classes, reached):
    pooled, labels = rows
    term = ContrastiveTerm(SupConLoss(temperature=0.5), 1.0, with_classes)
    output = ClassifierOutput(torch.zeros(6, 4), pooled)
    value_of(output, labels, term, class_vectors).backward()
    assert pooled.grad.any()
    assert (class_vectors.grad is not None) is reached


def test_the_objective_of_half_precision_outputs_is_fp32(rows, class_vectors):
    pooled, labels = rows[0].bfloat16(), rows[1]
    output = ClassifierOutput(torch.randn(6, 4).bfloat16(), pooled)
    value = value_of(output, labels, ContrastiveTerm(SupConLoss(temperature=0.5), 0.1, True), class_vectors)
    assert value.dtype == torch.float32


@each
def test_one_class_alone_in_the_batch(ours):
    """Every pair is a partner and there is nobody to push away: nothing is learnt, and nothing is NaN."""
    vectors = torch.randn(4, 5, generator=torch.Generator().manual_seed(2)).requires_grad_()
    labels = torch.full((4,), 2)
    value = ours(temperature=0.5)(vectors, labels)
    torch.testing.assert_close(value, REFERENCES[ours](temperature=0.5)(vectors, labels), rtol=0, atol=0)
    value.backward()
    assert torch.isfinite(value)
    assert value == 0
    assert not vectors.grad.any()


@each
def test_one_class_alone_is_pushed_away_from_the_vectors_of_the_others(ours, class_vectors):
    pooled = torch.randn(4, 5, generator=torch.Generator().manual_seed(2)).requires_grad_()
    labels = torch.full((4,), 2)
    joined, joined_labels = with_class_vectors(pooled, labels, class_vectors)
    value = ours(temperature=0.5)(joined, joined_labels)
    value.backward()
    assert value > 0
    assert pooled.grad.any(dim=1).all()
    assert class_vectors.grad.any(dim=1).all()


@each
def test_the_gradient_of_class_vectors_is_that_of_the_library(ours, rows, class_vectors):
    pooled, labels = rows
    term = ContrastiveTerm(ours(temperature=0.5), 0.7, True)
    output = ClassifierOutput(torch.zeros(6, 4), pooled)
    value = value_of(output, labels, term, class_vectors)
    joined = torch.cat([pooled, class_vectors])
    by_hand = 0.7 * REFERENCES[ours](temperature=0.5)(joined, torch.cat([labels, torch.arange(4)]))
    for found, expected in zip(
        *(torch.autograd.grad(v, [pooled, class_vectors]) for v in (value, by_hand)), strict=True
    ):
        assert expected.any(dim=1).all()
        torch.testing.assert_close(found, expected)


def test_the_library_is_imported_by_the_terms_alone():
    """Training without a contrastive term does not pay the seconds that its import takes."""
    code = "import sys, pipeline.training.loop; assert 'pytorch_metric_learning' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
