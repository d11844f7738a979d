from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from pipeline.data.batches import bucketed_batches, pack
from pipeline.errors import UserError
from pipeline.inference.classifier import predict_logits
from pipeline.losses.contrastive import SupConLoss
from pipeline.models.classifier import TextClassifier
from pipeline.models.head import ClassificationHead
from pipeline.models.poolers.mean import MeanPooler
from pipeline.training.loop import Contrastive, EpochRecord, train_classifier

N, V, H = 24, 20, 8
TEXTS = pack([np.random.default_rng(i).integers(5, V, 2 + i % 7).tolist() for i in range(N)], 0)
LABELS = np.arange(N) % 3
ROWS = np.arange(3, N)  # 21 rows


class BagOfWords(nn.Module):
    """The smallest encoder: an embedding under dropout, so that training draws random numbers."""

    def __init__(self):
        super().__init__()
        self.embeddings = nn.Embedding(V, H)
        self.dropout = nn.Dropout(0.2)

    def forward(self, input_ids, attention_mask):
        return SimpleNamespace(last_hidden_state=self.dropout(self.embeddings(input_ids)))


class NotANumber(nn.Module):
    def forward(self, logits, labels):
        return logits.sum() * float("nan")


def make_model():
    torch.manual_seed(0)
    return TextClassifier(BagOfWords(), MeanPooler(H), ClassificationHead(H, 3, samples=2, reduce="mean", p=0.1))


def train(model, labels=LABELS, **changes):
    settings = {
        "loss": nn.CrossEntropyLoss(),
        "contrastive": None,
        "epochs": 3,
        "batch_size": 8,
        "learning_rate": {"embeddings": 0.05, "encoder": 0.05, "head": 0.05},
        "warmup_ratio": 0.1,
        "weight_decay": 0.01,
        "clip": 1.0,
        "precision": "fp32",
        "device": "cpu",
        "seed": 0,
        "evaluate": lambda model: 0.0,
        "patience": None,
        "what": "test",
    } | changes
    torch.manual_seed(settings["seed"])
    return train_classifier(model, TEXTS, labels, ROWS, **settings)


def weights_of(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def equal(first, second):
    return all(torch.equal(first[name], second[name]) for name in first)


def trained(**changes):
    model = make_model()
    train(model, **changes)
    return weights_of(model)


def scripted(scores):
    """An evaluation that gives `scores` one after the other, and keeps the weights that it saw."""
    seen = []

    def evaluate(model):
        seen.append(weights_of(model))
        return scores[len(seen) - 1]

    return evaluate, seen


# --- learning --------------------------------------------------------------------------------------


def test_records_count_updates_and_the_loss_falls():
    records = train(make_model(), epochs=12, evaluate=lambda model: 0.25)
    # 21 rows are 3 batches of 8
    assert [record.step for record in records] == [3 * epoch for epoch in range(1, 13)]
    assert records[-1].loss < 0.8 * records[0].loss
    assert {record.macro_f1 for record in records} == {0.25}


def test_first_loss_is_that_of_the_untrained_model():
    """One batch, no dropout: the epoch's loss is the cross-entropy of the fresh weights."""
    model = make_model()
    model.encoder.dropout.p = model.head.dropout.p = 0.0
    logits = torch.from_numpy(predict_logits(model, TEXTS, ROWS, "cpu", "fp32"))
    expected = nn.functional.cross_entropy(logits, torch.from_numpy(LABELS[ROWS]))
    assert train(model, epochs=1, batch_size=100)[0].loss == pytest.approx(expected.item(), abs=2e-6)


def test_equals_a_plain_loop():
    """Against PyTorch by hand, over rows padded to one length; dropout is off, the batches are the same."""
    model = make_model()
    model.encoder.dropout.p = model.head.dropout.p = 0.0
    embeddings, linear = model.encoder.embeddings.weight, model.head.linear
    ours, plain = model, [tensor.detach().clone().requires_grad_() for tensor in (embeddings, *linear.parameters())]
    optimizer = torch.optim.AdamW(
        [
            {"params": plain[:1], "lr": 0.05},
            {"params": plain[1:2], "lr": 0.02},
            {"params": plain[2:], "lr": 0.02, "weight_decay": 0.0},
        ],
        betas=(0.9, 0.98),
        eps=1e-6,
        weight_decay=0.1,
    )
    peaks = [group["lr"] for group in optimizer.param_groups]
    rng = np.random.default_rng(0)
    batches = [batch for _ in range(3) for batch in bucketed_batches(TEXTS.lengths, ROWS, 8, rng)]
    for step, batch in enumerate(batches):
        for group, peak in zip(optimizer.param_groups, peaks, strict=True):
            group["lr"] = peak * min((step + 1) / 2, (9 - step) / 7)  # 2 of 9 updates warm up
        texts = [torch.from_numpy(TEXTS.token_ids[TEXTS.offsets[i] : TEXTS.offsets[i + 1]]).long() for i in batch]
        pooled = torch.stack([plain[0][token_ids].mean(dim=0) for token_ids in texts])
        logits = pooled @ plain[1].T + plain[2]
        optimizer.zero_grad()
        nn.functional.cross_entropy(logits, torch.from_numpy(LABELS[batch])).backward()
        length = sum(tensor.grad.square().sum() for tensor in plain).sqrt()
        for tensor in plain:
            tensor.grad *= min(1.0, 0.3 / float(length))
        optimizer.step()
    rates = {"embeddings": 0.05, "encoder": 9.0, "head": 0.02}
    train(ours, learning_rate=rates, weight_decay=0.1, clip=0.3, warmup_ratio=0.2)
    for tensor, expected in zip((embeddings, *linear.parameters()), plain, strict=True):
        torch.testing.assert_close(tensor, expected, rtol=0, atol=1e-4)


def test_only_the_given_rows_are_trained_on():
    others = LABELS.copy()
    others[:3] = (others[:3] + 1) % 3
    assert equal(trained(), trained(labels=others))


def test_same_seed_same_bytes_and_another_seed_others():
    assert equal(trained(), trained())
    assert not equal(trained(), trained(seed=1))


def test_bfloat16_trains_fp32_weights():
    weights = trained(precision="bf16")
    assert {value.dtype for value in weights.values()} == {torch.float32}
    assert not equal(weights, trained())
    assert all(torch.isfinite(value).all() for value in weights.values())


def test_contrastive_term_takes_part():
    plain, weak, strong = (
        trained(contrastive=weight and Contrastive(SupConLoss(temperature=0.5), weight, True))
        for weight in (None, 1e-9, 1.0)
    )
    assert not equal(plain, strong)
    assert all(torch.allclose(plain[name], weak[name], atol=1e-3) for name in plain)


def test_each_part_has_its_own_rate():
    rates = {"embeddings": 0.05, "encoder": 0.05, "head": 1e-12}
    before, after = weights_of(make_model()), trained(learning_rate=rates, weight_decay=0.0)
    assert torch.allclose(before["head.linear.weight"], after["head.linear.weight"], atol=1e-9)
    assert not torch.allclose(before["encoder.embeddings.weight"], after["encoder.embeddings.weight"], atol=1e-3)


def test_gradients_are_clipped():
    """Gradients far below Adam's epsilon hardly move a weight; without the clip they are far above it."""
    before = weights_of(make_model())
    moved = {
        clip: max(float((after[name] - before[name]).abs().max()) for name in before)
        for clip in (1e-12, 1.0)
        for after in [trained(clip=clip, weight_decay=0.0)]
    }
    assert moved[1e-12] < 1e-5
    assert moved[1.0] > 0.05


# --- evaluation ------------------------------------------------------------------------------------


def test_evaluation_never_changes_training():
    def score(model):
        return float(predict_logits(model, TEXTS, np.arange(N), "cpu", "fp32").argmax(axis=1).mean())

    def score_in_evaluation_mode(model):
        model.eval()
        return 1.0

    plain = trained()
    assert equal(plain, trained(evaluate=score))
    assert equal(plain, trained(evaluate=score_in_evaluation_mode))
    assert equal(plain, trained(evaluate=lambda model: np.random.default_rng(0).random()))


def test_without_patience_the_last_epoch_stays_however_bad():
    evaluate, seen = scripted([0.9, 0.5, 0.1])
    model = make_model()
    assert len(train(model, evaluate=evaluate)) == 3
    assert equal(weights_of(model), seen[2])


@pytest.mark.parametrize(
    ("scores", "patience", "n_epochs", "best"),
    [
        ([0.1, 0.5, 0.3, 0.4, 0.9, 0.9], 2, 4, 1),  # two epochs without a better one: the 0.9 is never seen
        ([0.1, 0.5, 0.3, 0.4, 0.9, 0.2], 3, 6, 4),  # the third after the best is better
        ([0.5, 0.5, 0.5, 0.6, 0.6, 0.6], 2, 3, 0),  # equal is no better
        ([0.5, 0.4, 0.6, 0.5, 0.7, 0.6], 1, 2, 0),
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 1, 6, 5),
        ([0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 9, 6, 0),  # patience beyond the end
    ],
)
def test_early_stopping_puts_the_best_epoch_back(scores, patience, n_epochs, best):
    evaluate, seen = scripted(scores)
    model = make_model()
    records = train(model, epochs=6, evaluate=evaluate, patience=patience)
    assert [record.macro_f1 for record in records] == scores[:n_epochs]
    assert equal(weights_of(model), seen[best])
    assert not any(equal(weights_of(model), other) for index, other in enumerate(seen) if index != best)


def test_patience_changes_no_epoch_that_runs():
    evaluate, seen = scripted([0.1, 0.2, 0.3])
    train(make_model(), evaluate=evaluate, patience=1)
    assert equal(seen[2], trained())


# --- bad ends --------------------------------------------------------------------------------------


def test_loss_that_is_no_number_ends_training():
    with pytest.raises(UserError, match=r"^my-member fold 1: the loss is nan in epoch 1; lower"):
        train(make_model(), loss=NotANumber(), what="my-member fold 1")


def test_record_of_an_epoch():
    records = train(make_model(), epochs=1, evaluate=lambda model: 1 / 3)
    assert records == [EpochRecord(3, records[0].loss, 0.333333)]
    assert records[0].loss == round(records[0].loss, 6)
