"""The attacks against gradients worked out by hand, and on a loss that says where the weights were; their targets."""

import math
from functools import partial

import pytest
import torch
from torch import nn

from pipeline.errors import UserError
from pipeline.training.adversarial import fgm, find_targets, freelb, pgd, project, unit_gradients

ON = ["embeddings"]
ATTACKS = {
    "fgm": partial(fgm, on=ON, epsilon=0.5),
    "pgd": partial(pgd, on=ON, epsilon=0.5, alpha=0.3, steps=3),
    "freelb": partial(freelb, on=ON, epsilon=0.5, alpha=0.3, steps=3),
}


class Quadratic:
    """loss = ½ Σ aᵢ wᵢ² + b·Σ w: its gradient is a·w + b, so it says where each backward pass found the weights."""

    def __init__(self, start=(1.0, -2.0, 0.5), slopes=(1.0, 2.0, 3.0)):
        self.attacked = nn.Parameter(torch.tensor(start))
        self.other = nn.Parameter(torch.tensor([4.0, 5.0]))
        self.slopes = torch.tensor(slopes)
        self.seen = []

    def backward(self):
        self.seen.append(self.attacked.detach().clone())
        loss = (self.slopes * self.attacked.square()).sum() / 2 + (self.attacked.sum() * self.other).sum()
        loss.backward()

    def gradient(self, weights):
        """By hand: of the attacked and of the other weights."""
        return self.slopes * weights + self.other.detach().sum(), torch.full((2,), float(weights.sum()))

    def attack(self, attack):
        self.backward()
        attack([self.attacked], [self.attacked, self.other], self.backward)
        return self


def by_hand(quadratic, n_steps, length, epsilon):
    """Where each backward pass should find the weights, each step along the gradient of the one before."""
    start = quadratic.attacked.detach().clone()
    where = [start]
    for _ in range(n_steps):
        gradient, _ = quadratic.gradient(where[-1])
        moved = where[-1] - start + length * gradient / math.sqrt(float(gradient @ gradient))
        norm = math.sqrt(float(moved @ moved))
        where.append(start + (moved if norm <= epsilon else moved * epsilon / norm))
    return where


@pytest.mark.parametrize(("name", "n_steps", "length"), [("fgm", 1, 0.5), ("pgd", 3, 0.3), ("freelb", 2, 0.3)])
def test_passes_find_the_weights_where_they_should_be(name, n_steps, length):
    quadratic = Quadratic()
    expected = by_hand(quadratic, n_steps, length, 0.5)
    quadratic.attack(ATTACKS[name])
    assert len(quadratic.seen) == n_steps + 1
    for seen, where in zip(quadratic.seen, expected, strict=True):
        torch.testing.assert_close(seen, where)


@pytest.mark.parametrize(("name", "n_steps"), [("fgm", 1), ("pgd", 3), ("freelb", 2)])
def test_gradients_are_those_of_the_passes_that_count(name, n_steps):
    """FGM and PGD: the clean batch's plus the last one's. FreeLB: the mean of all."""
    quadratic = Quadratic().attack(ATTACKS[name])
    counting = quadratic.seen if name == "freelb" else [quadratic.seen[0], quadratic.seen[-1]]
    of_attacked, of_other = (
        sum(grads) for grads in zip(*(quadratic.gradient(weights) for weights in counting), strict=True)
    )
    share = len(counting) if name == "freelb" else 1
    torch.testing.assert_close(quadratic.attacked.grad, of_attacked / share)
    torch.testing.assert_close(quadratic.other.grad, of_other / share)


@pytest.mark.parametrize("name", ATTACKS)
def test_weights_are_restored_to_the_bit(name):
    """A step added and taken away again would leave rounding behind."""
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(1000, generator=generator) * 1e3
    quadratic = Quadratic(start.tolist(), torch.rand(1000, generator=generator).tolist())
    before = quadratic.attacked.detach().clone()
    quadratic.attack(ATTACKS[name])
    assert torch.equal(quadratic.attacked.detach(), before)
    assert torch.equal(quadratic.other.detach(), torch.tensor([4.0, 5.0]))


@pytest.mark.parametrize("name", ["pgd", "freelb"])
@pytest.mark.parametrize("alpha", [0.1, 0.3, 5.0])
def test_steps_stay_inside_the_ball(name, alpha):
    """The sources computed the projection and went on with what they had projected (section 9)."""
    attack = partial({"pgd": pgd, "freelb": freelb}[name], on=ON, epsilon=0.5, alpha=alpha, steps=6)
    quadratic = Quadratic().attack(attack)
    away = [float((seen - quadratic.seen[0]).norm()) for seen in quadratic.seen]
    assert max(away) <= 0.5 * (1 + 1e-6)
    assert max(away) == pytest.approx(0.5 if alpha > 0.1 else min(0.5, alpha * (len(away) - 1)), rel=1e-2)


@pytest.mark.parametrize("name", ATTACKS)
def test_no_gradient_no_move(name):
    quadratic = Quadratic((0.0, 0.0, 0.0))
    quadratic.other.data.zero_()
    quadratic.attack(ATTACKS[name])
    assert all(torch.equal(seen, quadratic.seen[0]) for seen in quadratic.seen)
    assert torch.equal(quadratic.attacked.grad, torch.zeros(3))


@pytest.mark.parametrize("name", ["pgd", "freelb"])
def test_one_step(name):
    """PGD's single step is FGM's with the length alpha; FreeLB's single batch is the clean one."""
    one = Quadratic().attack(partial({"pgd": pgd, "freelb": freelb}[name], on=ON, epsilon=1.0, alpha=0.3, steps=1))
    other = Quadratic()
    other.backward()
    if name == "pgd":
        other = Quadratic().attack(partial(fgm, on=ON, epsilon=0.3))
    torch.testing.assert_close(one.attacked.grad, other.attacked.grad)


def test_every_target_has_a_step_of_its_own_length():
    first, second = nn.Parameter(torch.tensor([3.0, 4.0])), nn.Parameter(torch.tensor([0.1]))
    seen = []

    def backward():
        seen.append((first.detach().clone(), second.detach().clone()))
        (first.square().sum() / 2 + second.sum()).backward()

    backward()
    fgm([first, second], [first, second], backward, on=ON, epsilon=1.0)
    torch.testing.assert_close(seen[1][0], torch.tensor([3.6, 4.8]))
    torch.testing.assert_close(seen[1][1], torch.tensor([1.1]))


def test_directions():
    unit, nothing, overflow = unit_gradients(
        [torch.tensor([3.0, 4.0]), torch.zeros(2), torch.tensor([float("inf"), 1.0])]
    )
    torch.testing.assert_close(unit, torch.tensor([0.6, 0.8]))
    assert torch.equal(nothing, torch.zeros(2))
    assert torch.equal(overflow, torch.zeros(2))
    with pytest.raises(ValueError, match="before there are gradients"):
        unit_gradients([None])


def test_projection():
    torch.testing.assert_close(project(torch.tensor([3.0, 4.0]), 1.0), torch.tensor([0.6, 0.8]))
    inside = torch.tensor([0.3, 0.4])
    assert torch.equal(project(inside, 1.0), inside)
    assert torch.equal(project(torch.zeros(2), 1.0), torch.zeros(2))


FAMILIES = ["bert", "nezha", "roberta", "albert", "electra", "ernie", "deberta-v2", "modernbert"]


class Classifier:
    """What an attack looks at: the named parameters, and the encoder."""

    def __init__(self, encoder):
        self.encoder = encoder

    def named_parameters(self):
        return ((f"encoder.{name}", parameter) for name, parameter in self.encoder.named_parameters())


def names_of(classifier, targets):
    named = {id(parameter): name for name, parameter in classifier.named_parameters()}
    return [named[id(target)] for target in targets]


@pytest.mark.parametrize("family", FAMILIES)
def test_embeddings_are_those_of_the_words(make_model, family):
    classifier = Classifier(make_model(family))
    [target] = find_targets(classifier, ["embeddings"])
    assert target is classifier.encoder.get_input_embeddings().weight
    assert target.shape[0] == 40


@pytest.mark.parametrize("family", FAMILIES)
def test_first_layer(make_model, family):
    classifier = Classifier(make_model(family))
    names = names_of(classifier, find_targets(classifier, ["first_layer"]))
    number = {"albert": "albert_layer_groups.0.", "modernbert": "layers.0."}.get(family, "layer.0.")
    assert names == [name for name, _ in classifier.named_parameters() if number in name]
    assert names


def test_parts_of_names_in_the_models_order_each_once(make_model):
    classifier = Classifier(make_model("bert"))
    names = names_of(classifier, find_targets(classifier, ["layer.1.output.dense", "word_emb", "layer.1.output"]))
    assert names == [
        "encoder.embeddings.word_embeddings.weight",
        *(f"encoder.encoder.layer.1.output.{part}" for part in ("dense.weight", "dense.bias")),
        *(f"encoder.encoder.layer.1.output.LayerNorm.{part}" for part in ("weight", "bias")),
    ]


def test_a_name_that_finds_nothing_is_refused(make_model):
    with pytest.raises(UserError, match=r"^adversarial.on: got 'word_embedings', which is in no parameter's name; emb"):
        find_targets(Classifier(make_model("bert")), ["embeddings", "word_embedings"])


def test_a_frozen_target_is_refused(make_model):
    classifier = Classifier(make_model("bert"))
    classifier.encoder.requires_grad_(False)
    try:
        with pytest.raises(UserError, match=r"encoder.embeddings.word_embeddings.weight is frozen"):
            find_targets(classifier, ["embeddings"])
    finally:
        classifier.encoder.requires_grad_(True)
