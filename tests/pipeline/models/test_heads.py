import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.models.build import build_classifier
from pipeline.models.heads import ClassificationHead, under_parents

H, C = 6, 3
BOTH = pytest.mark.parametrize("reduce", ["mean", "sum"])


def make_head(**arguments):
    torch.manual_seed(0)
    return ClassificationHead(H, C, **arguments)


@pytest.fixture
def pooled():
    return torch.randn(5, H, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("samples", [1, 4])
def test_without_dropout_it_is_linear(pooled, samples):
    head = make_head(samples=samples, reduce="mean", p=0.0)
    torch.testing.assert_close(head.train()(pooled), head.linear(pooled))


@pytest.mark.parametrize("p", [0.0, 0.3])
@pytest.mark.parametrize("training", [False, True])
def test_sum_is_n_times_mean(pooled, p, training):
    mean, summed = (make_head(samples=4, reduce=reduce, p=p).train(training) for reduce in ("mean", "sum"))
    logits = []
    for head in (mean, summed):
        torch.manual_seed(7)
        logits.append(head(pooled))
    torch.testing.assert_close(logits[1], 4 * logits[0])


@BOTH
@pytest.mark.parametrize("samples", [1, 2, 5])
def test_equals_the_linear_layer_under_each_mask(pooled, reduce, samples):
    head = make_head(samples=samples, reduce=reduce, p=0.4).train()
    torch.manual_seed(7)
    logits = head(pooled)
    torch.manual_seed(7)
    each = [head.linear(head.dropout(pooled)) for _ in range(samples)]
    expected = sum(each) if reduce == "sum" else sum(each) / samples
    torch.testing.assert_close(logits, expected)


@BOTH
def test_evaluation_is_the_expectation(pooled, reduce):
    head = make_head(samples=4, reduce=reduce, p=0.5).train()
    torch.manual_seed(2)
    with torch.no_grad():
        drawn = torch.stack([head(pooled) for _ in range(1500)])
        expected = head.eval()(pooled)
    standard_error = drawn.std(dim=0) / len(drawn) ** 0.5
    assert ((drawn.mean(dim=0) - expected).abs() < 5 * standard_error).all()


@BOTH
def test_evaluation_draws_nothing(pooled, reduce):
    head = make_head(samples=4, reduce=reduce, p=0.5).eval()
    torch.testing.assert_close(head(pooled), head(pooled), rtol=0, atol=0)


def test_more_masks_make_the_logits_steadier(pooled):
    torch.manual_seed(3)
    spread = []
    for samples in (1, 8):
        head = make_head(samples=samples, reduce="mean", p=0.5).train()
        spread.append(torch.stack([head(pooled) for _ in range(300)]).std(dim=0).mean())
    assert spread[1] < 0.5 * spread[0]


def test_in_evaluation_logits_are_fp32_whatever_the_encoders_precision(pooled):
    head, half = make_head(samples=1, reduce="mean", p=0.1), pooled.bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert head.train()(half).dtype == torch.bfloat16
        logits = head.eval()(half)
    assert logits.dtype == torch.float32
    torch.testing.assert_close(logits, half.float() @ head.linear.weight.T + head.linear.bias)


PARENTS = [0, 0, 1, 1, 1, 2]


@pytest.fixture
def build(tiny_checkpoint, recipe):
    def make(prediction, parent_ids=PARENTS, **changes):
        torch.manual_seed(0)
        with_levels = recipe(levels={"weight": 0.2, "prediction": prediction}, **changes)
        return build_classifier(tiny_checkpoint("bert"), len(parent_ids) or 6, with_levels, parent_ids=parent_ids)

    return make


def slow(logits, level_logits, parent_ids):
    powers, level_powers = [math.exp(x) for x in logits], [math.exp(x) for x in level_logits]
    probabilities = []
    for power, parent in zip(powers, parent_ids, strict=True):
        siblings = sum(p for p, other in zip(powers, parent_ids, strict=True) if other == parent)
        probabilities.append(level_powers[parent] / sum(level_powers) * power / siblings)
    return probabilities


@given(
    st.lists(st.tuples(st.floats(-20, 20), st.integers(0, 3)), min_size=1, max_size=9),
    st.lists(st.floats(-20, 20), min_size=4, max_size=4),
)
def test_probabilities_follow_the_hierarchy(classes, level_logits):
    found = sorted({parent for _, parent in classes})  # every parent has a class
    parent_ids, logits = [found.index(parent) for _, parent in classes], [logit for logit, _ in classes]
    level_logits = level_logits[: len(found)]
    got = under_parents(torch.tensor([logits]), torch.tensor([level_logits]), torch.tensor(parent_ids))[0].exp()
    assert got.tolist() == pytest.approx(slow(logits, level_logits, parent_ids), rel=1e-3, abs=1e-6)
    of_parents = torch.tensor(level_logits).softmax(dim=0)
    for parent in range(len(found)):
        own = sum(p for p, other in zip(got.tolist(), parent_ids, strict=True) if other == parent)
        assert own == pytest.approx(of_parents[parent].item(), rel=1e-3, abs=1e-6)


def test_an_unlikely_parent_takes_its_class_with_it(build, batch):
    flat, hierarchical = build("flat").eval(), build("hierarchical").eval()
    inputs = batch()
    for classifier in (flat, hierarchical):
        with torch.no_grad():
            classifier.head.linear.bias.copy_(torch.tensor([0.0, 9.0, 0.0, 0.0, 0.0, 0.0]))
            classifier.levels.head.linear.bias.copy_(torch.tensor([-9.0, 9.0, 0.0]))
    assert flat(*inputs).logits.argmax(dim=1).tolist() == [1] * 5
    assert all(PARENTS[c] == 1 for c in hierarchical(*inputs).logits.argmax(dim=1).tolist())


def test_both_heads_read_the_pooled_vector(build, batch):
    classifier = build("flat").eval()
    output = classifier(*batch())
    assert (output.logits.shape, output.level_logits.shape) == ((5, 6), (5, 3))
    torch.testing.assert_close(output.logits, classifier.head(output.pooled))
    torch.testing.assert_close(output.level_logits, classifier.levels.head(output.pooled))


def test_in_training_the_class_logits_are_the_class_heads(build, batch):
    classifier = build("hierarchical", dropout=0.0, head={"samples": 1, "reduce": "mean", "p": 0.0})
    inputs = batch()
    output = classifier.train()(*inputs)
    torch.testing.assert_close(output.logits, classifier.head(output.pooled))
    (output.logits.sum() + output.level_logits.square().sum()).backward()
    assert all(parameter.grad is not None for parameter in classifier.parameters())
    predicted = classifier.eval()(*inputs)
    expected = under_parents(output.logits, output.level_logits, torch.tensor(PARENTS))
    torch.testing.assert_close(predicted.logits, expected)


def test_saved_and_loaded(build, batch, tiny_checkpoint, recipe):
    classifier = build("hierarchical").eval()
    levels = recipe(levels={"weight": 0.2, "prediction": "hierarchical"})
    loaded = build_classifier(tiny_checkpoint("bert"), 6, levels, parent_ids=PARENTS, with_weights=False).eval()
    loaded.load_state_dict(classifier.state_dict())
    torch.testing.assert_close(loaded(*batch()).logits, classifier(*batch()).logits, rtol=0, atol=0)


@pytest.mark.parametrize("parent_ids", [[], [0, 1, 2, 3, 4, 5]], ids=["no separator", "no name has one"])
def test_labels_without_levels_are_refused(build, parent_ids):
    with pytest.raises(UserError, match=r"^levels: got .* the labels have no levels; .*data\.level_separator"):
        build("flat", parent_ids)
