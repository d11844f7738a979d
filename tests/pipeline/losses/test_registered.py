"""Every registered loss, contrastive term and weighting, with its default arguments."""

import numpy as np
import pytest
import torch

from pipeline import registry


@pytest.mark.parametrize("word", registry.words("losses"))
def test_loss_runs_and_teaches(word, piece_arguments):
    loss = registry.load("losses", word)(torch.tensor([1.0, 2.0, 0.5]), **piece_arguments("losses", word))
    logits = torch.zeros(4, 3, requires_grad=True)
    labels = torch.tensor([0, 1, 1, 2])
    value = loss(logits, labels)
    value.backward()
    assert value.shape == ()
    assert value > 0
    # a step downhill raises the label's logit in every row
    assert (logits.grad.gather(1, labels[:, None]) < 0).all()


@pytest.mark.parametrize("word", registry.words("losses"))
def test_class_weights_move_with_the_loss(word, piece_arguments):
    loss = registry.load("losses", word)(torch.ones(3), **piece_arguments("losses", word))
    assert [name for name, _ in loss.named_buffers()] == ["class_weights"]
    assert not list(loss.parameters())


@pytest.mark.parametrize("word", registry.words("losses"))
def test_heavier_class_counts_more(word, piece_arguments):
    logits, labels = torch.tensor([[2.0, 0.0], [2.0, 0.0]]), torch.tensor([0, 1])  # right, wrong
    light, heavy = (
        registry.load("losses", word)(torch.tensor(weights), **piece_arguments("losses", word))(logits, labels)
        for weights in ([1.0, 0.1], [1.0, 10.0])
    )
    assert heavy > light


@pytest.mark.parametrize("word", ["ce", "focal"])
def test_parts_of_a_batch_add_up_to_the_whole(word, piece_arguments, batch, class_weights):
    loss = registry.load("losses", word)(class_weights, **piece_arguments("losses", word))
    logits, labels = batch
    parts = [slice(0, 2), slice(2, 6), slice(6, 9)]
    total = sum(loss.weight(labels[part]) * loss(logits[part], labels[part]) for part in parts)
    torch.testing.assert_close(total / loss.weight(labels), loss(logits, labels))
    assert loss.weight(labels).item() == pytest.approx(sum(class_weights.tolist()[i] for i in labels.tolist()))


@pytest.mark.parametrize("word", [word for word in registry.words("losses") if word not in ("ce", "focal")])
def test_losses_of_the_whole_batch_have_no_weight(word):
    assert not hasattr(registry.load("losses", word), "weight")


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
