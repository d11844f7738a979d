"""Tables that are trained in part, against whole ones."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from pipeline.models.build import build_classifier
from pipeline.models.trained_words import TrainedWords, restore_words, train_words

FAMILIES = ("bert", "roberta", "albert", "ernie", "deberta-v2", "electra", "modernbert", "nezha")
IDS = np.array([0, 3, 7, 8])


def make_table(padding_idx=0):
    torch.manual_seed(0)
    return nn.Embedding(10, 4, padding_idx=padding_idx)


@given(ids=st.sets(st.integers(0, 9), min_size=1, max_size=9), padding_idx=st.none() | st.integers(0, 9))
def test_looks_up_and_gives_back_what_the_table_has(ids, padding_idx):
    table = make_table(padding_idx)
    words = TrainedWords(table, np.array(sorted(ids)))
    everything = torch.arange(10).view(2, 5)
    assert words.weight.shape == (len(ids), 4)
    assert torch.equal(words.eval()(everything), table(everything))
    some = torch.tensor([sorted(ids)])
    assert torch.equal(words.train()(some), table(some))
    whole = words.whole()
    assert torch.equal(whole.weight, table.weight)
    assert whole.weight.requires_grad
    assert whole.padding_idx == padding_idx


def test_gradients_are_those_of_the_table():
    table = make_table()
    words = TrainedWords(table, IDS)
    input_ids = torch.tensor([[3, 8, 8], [7, 0, 0]])
    asked = torch.randn(2, 3, 4)
    for module in (table, words):
        (module(input_ids) * asked).sum().backward()
    assert torch.equal(words.weight.grad, table.weight.grad[IDS])
    assert not words.weight.grad[0].any()  # of padding


def test_another_word_in_training_is_an_error():
    with pytest.raises(IndexError):
        TrainedWords(make_table(), IDS)(torch.tensor([[3, 4]]))


@pytest.mark.parametrize("model_type", FAMILIES)
def test_a_step_of_training_changes_the_words_of_the_texts_alone(make_model, recipe, batch, tmp_path, model_type):
    """Logits before and after are those of a classifier whose whole table is trained, without weight decay."""
    make_model(model_type, pad_token_id=0).save_pretrained(tmp_path / "encoder")
    torch.manual_seed(1)
    whole = build_classifier(
        tmp_path / "encoder", 3, recipe(dropout=0.0, head={"samples": 1, "reduce": "mean", "p": 0.0})
    )
    ours = copy.deepcopy(whole)
    names = list(whole.state_dict())
    taught, unseen = batch(rows=[0, 1]), batch(rows=[2, 4])
    ids = taught[0].flatten().numpy()
    assert set(unseen[0].flatten().tolist()) - set(ids.tolist())
    train_words(ours.encoder, ids)
    assert [name for name, _ in ours.named_parameters()] == [name for name, _ in whole.named_parameters()]
    before = whole.encoder.get_input_embeddings().weight.detach().clone()
    logits = []
    for classifier in (ours, whole):
        optimizer = torch.optim.AdamW(classifier.parameters(), lr=0.01, weight_decay=0.0)
        for _ in range(2):
            torch.nn.functional.cross_entropy(classifier.train()(*taught).logits, torch.tensor([0, 1])).backward()
            optimizer.step()
            optimizer.zero_grad()
        logits.append(classifier.eval()(*unseen).logits)
    torch.testing.assert_close(*logits)
    restore_words(ours.encoder)
    torch.testing.assert_close(ours.eval()(*unseen).logits, logits[0])
    assert list(ours.state_dict()) == names
    after = ours.encoder.get_input_embeddings().weight
    others = np.setdiff1d(np.arange(len(after)), ids)
    assert torch.equal(after[others], before[others])
    torch.testing.assert_close(after, whole.encoder.get_input_embeddings().weight)


def test_a_table_that_is_not_trained_or_whose_words_all_are_stays(make_model):
    encoder = make_model("bert")
    table = encoder.get_input_embeddings()
    train_words(encoder, np.arange(table.num_embeddings))
    assert encoder.get_input_embeddings() is table
    table.weight.requires_grad_(False)
    train_words(encoder, IDS)
    assert encoder.get_input_embeddings() is table
    restore_words(encoder)
    assert encoder.get_input_embeddings() is table


@pytest.mark.parametrize(
    "family",
    [
        ("gemma", {"head_dim": 8}),  # scales what its table gives
        ("xglm", {"d_model": 16, "attention_heads": 2, "num_layers": 1}),  # this, too
        ("bart", {"d_model": 16, "encoder_layers": 1, "decoder_layers": 1}),  # a decoder reads the same table
        ("canine", {}),  # has none
        ("ibert", {}),  # one of its own making
    ],
    ids=lambda family: family[0],
)
def test_other_tables_stay(family):
    from transformers import AutoConfig, AutoModel

    model_type, own = family
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    encoder = AutoModel.from_config(AutoConfig.for_model(model_type, vocab_size=40, **shape | own))
    tables = [module for module in encoder.modules() if "Embedding" in type(module).__name__]
    train_words(encoder, IDS)
    restore_words(encoder)
    assert [module for module in encoder.modules() if "Embedding" in type(module).__name__] == tables


def test_a_frozen_part_stays_frozen():
    words = TrainedWords(make_table(), IDS)
    words.weight.requires_grad_(False)
    assert not words.whole().weight.requires_grad


def test_an_average_copies_what_is_trained_and_nothing_more():
    from torch.optim.swa_utils import AveragedModel

    words = TrainedWords(make_table(), IDS)
    average = AveragedModel(words)
    assert [name for name, _ in average.module.named_buffers()] == []
    assert torch.equal(average.module.eval()(torch.arange(10)), words.eval()(torch.arange(10)))
