"""Every registered loss, contrastive term and weighting, with its default arguments."""

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch.nn import functional

from pipeline import registry
from pipeline.losses.batch_losses import BatchLoss
from pipeline.losses.row_losses import RowLoss
from pipeline.models.classifier import ClassifierOutput
from pipeline.training.objective import Objective, Rows, objective_value, totals

ANSWERS = torch.tensor([[2.0, 0.0, -1.0], [0.3, 0.1, 1.0], [0.0, 0.0, 0.0], [-1.0, 3.0, 0.5], [0.2, 0.9, -2.0]])


@pytest.fixture(params=registry.words("losses"))
def value_of(request, piece_arguments):
    """The value of a loss as training takes it: `(logits, targets, class_weights, row_weights)` → scalar."""
    loss = registry.load("losses", request.param)(**piece_arguments("losses", request.param))
    assert not list(loss.parameters())
    assert not list(loss.buffers())

    def value(logits, targets, class_weights, row_weights):
        objective, rows = Objective(loss, class_weights), Rows(targets, row_weights)
        return objective_value(objective, ClassifierOutput(logits, logits), rows, logits, totals(objective, [rows]))

    return value


@pytest.mark.parametrize("word", registry.words("losses"))
def test_what_a_loss_says_it_is(word):
    """Read from the source, where only the class's own bases stand: a loss names the one of the two that it is."""
    (base,) = registry.bases("losses", word)
    assert base == {RowLoss: "RowLoss", BatchLoss: "BatchLoss"}[registry.load("losses", word).__base__]


def test_loss_runs_and_teaches(value_of):
    logits, labels = torch.zeros(4, 3, requires_grad=True), torch.tensor([0, 1, 1, 2])
    value = value_of(logits, labels, torch.tensor([1.0, 2.0, 0.5]), torch.ones(4))
    value.backward()
    assert value.shape == ()
    assert value > 0
    # a step downhill raises the label's logit in every row
    assert (logits.grad.gather(1, labels[:, None]) < 0).all()


def test_heavier_class_counts_more(value_of):
    logits, labels = torch.tensor([[2.0, 0.0], [2.0, 0.0]]), torch.tensor([0, 1])  # right, wrong
    light, heavy = (value_of(logits, labels, torch.tensor(of), torch.ones(2)) for of in ([1.0, 0.1], [1.0, 10.0]))
    assert heavy > light


def test_heavier_row_counts_more(value_of):
    logits, labels = torch.tensor([[2.0, 0.0], [2.0, 0.0]]), torch.tensor([0, 1])
    light, heavy = (value_of(logits, labels, torch.ones(2), torch.tensor(of)) for of in ([1.0, 0.1], [1.0, 10.0]))
    assert heavy > light


WEIGHTS = st.lists(st.sampled_from([0.0, 0.5, 1.0, 3.0]), min_size=5, max_size=5)
LABELS = st.lists(st.integers(0, 2), min_size=5, max_size=5)
CLASS_WEIGHTS = st.lists(st.floats(0.125, 8.0, width=32), min_size=3, max_size=3)


def with_gradient(value_of, logits, *rest):
    """The value and the gradient of the logits."""
    logits = logits.clone().requires_grad_()
    value = value_of(logits, *rest)
    return value.detach(), *torch.autograd.grad(value, logits)


@given(labels=LABELS, weights=WEIGHTS, class_weights=CLASS_WEIGHTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_certain_probabilities_are_ids(value_of, labels, weights, class_weights):
    labels, rest = torch.tensor(labels), (torch.tensor(class_weights), torch.tensor(weights))
    certain = functional.one_hot(labels, 3).float()
    for ids, soft in zip(
        *(with_gradient(value_of, ANSWERS, targets, *rest) for targets in (labels, certain)), strict=True
    ):
        torch.testing.assert_close(soft, ids)


@given(labels=LABELS, weights=WEIGHTS, class_weights=CLASS_WEIGHTS, soft=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_that_weigh_nothing_change_nothing(value_of, labels, weights, class_weights, soft):
    targets, weights, class_weights = torch.tensor(labels), torch.tensor(weights), torch.tensor(class_weights)
    if soft:
        targets = functional.one_hot(targets, 3) * 0.7 + 0.1
    value, gradient = with_gradient(value_of, ANSWERS, targets, class_weights, weights)
    weighed = weights > 0
    assert not gradient[~weighed].any()
    if weighed.any():
        kept = ANSWERS[weighed], targets[weighed], class_weights, weights[weighed]
        alone, alone_gradient = with_gradient(value_of, *kept)
        torch.testing.assert_close(value, alone)
        torch.testing.assert_close(gradient[weighed], alone_gradient)
    else:
        assert value == 0


@pytest.mark.parametrize("word", registry.words("contrastive"))
def test_contrastive_term_draws_a_class_together(word, piece_arguments):
    term = registry.load("contrastive", word)(**piece_arguments("contrastive", word))
    vectors = torch.tensor([[1.0, 0.2], [0.2, 1.0], [-1.0, 0.1], [0.1, -1.0]], requires_grad=True)
    together, apart = torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 0, 1])
    value = term(vectors, together)
    value.backward()
    assert torch.isfinite(vectors.grad).all()
    assert value < term(vectors, apart)


@pytest.mark.parametrize("word", registry.words("imbalance"))
def test_weighting_gives_one_weight_a_class(word, piece_arguments):
    weights = registry.load("imbalance", word)(np.array([3, 0, 9]), **piece_arguments("imbalance", word))
    assert weights.shape == (3,)
    assert np.isfinite(weights).all()
