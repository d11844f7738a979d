"""The parts of a classifier, wired together by hand."""

import pytest
import torch

from pipeline.models.build import build_classifier

POOLERS = [{"name": "mean"}, {"name": "max"}, {"name": "cls"}]


@pytest.fixture
def build(tiny_checkpoint, recipe):
    def make(**changes):
        torch.manual_seed(1)
        return build_classifier(tiny_checkpoint("bert"), 3, recipe(**changes)).eval()

    return make


def states_of(classifier, inputs):
    input_ids, mask = inputs
    return classifier.encoder(input_ids=input_ids, attention_mask=mask).last_hidden_state


def test_the_poolers_read_the_states_and_the_head_reads_what_they_give(build, batch):
    classifier, inputs = build(poolers=[{"name": "max"}]), batch()
    output = classifier(*inputs)
    pooled = torch.stack(
        [s[: m.sum()].amax(dim=0) for s, m in zip(states_of(classifier, inputs), inputs[1], strict=True)]
    )
    torch.testing.assert_close(output.pooled, pooled)
    torch.testing.assert_close(output.logits, classifier.head(pooled))
    assert output.level_logits is None


@pytest.mark.parametrize("combine", ["sum", "concat"])
def test_several_poolers_are_combined(build, batch, combine):
    classifier, inputs = build(poolers=POOLERS, combine=combine), batch()
    states = states_of(classifier, inputs)
    vectors = [pooler(states, inputs[1]) for pooler in classifier.poolers]
    expected = sum(vectors) if combine == "sum" else torch.cat(vectors, dim=1)
    output = classifier(*inputs)
    torch.testing.assert_close(output.pooled, expected)
    assert classifier.head.linear.in_features == expected.shape[1]
    torch.testing.assert_close(output.logits, classifier.head(expected))


def test_the_sequence_is_run_in_its_order(build, batch):
    pieces = [{"name": "lstm", "size": 5}, {"name": "gru", "size": 3}]
    classifier, inputs = build(sequence=pieces), batch()
    lstm, gru = classifier.sequence
    assert (lstm.output_size, gru.output_size, classifier.head.linear.in_features) == (10, 6, 6)
    states = gru(lstm(states_of(classifier, inputs), inputs[1]), inputs[1])
    torch.testing.assert_close(classifier(*inputs).pooled, classifier.poolers[0](states, inputs[1]))


def test_the_layers_are_asked_for_all_states(build, batch):
    classifier, inputs = build(layers={"name": "concat_last", "n": 2}), batch()
    hidden_states = classifier.encoder(
        input_ids=inputs[0], attention_mask=inputs[1], output_hidden_states=True
    ).hidden_states
    expected = classifier.poolers[0](torch.cat(hidden_states[-2:], dim=-1), inputs[1])
    torch.testing.assert_close(classifier(*inputs).pooled, expected)


def test_the_checks_of_padding_would_notice_attention_to_it(build, batch):
    classifier, (input_ids, mask) = build(poolers=[{"name": "cls"}]), batch()
    with torch.no_grad():
        for parameter in classifier.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.2)
        difference = classifier(input_ids, torch.ones_like(mask)).logits - classifier(input_ids, mask).logits
    assert difference[1:].abs().max() > 1e-2
