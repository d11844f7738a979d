import copy
from functools import partial

import numpy as np
import pytest
import torch
from torch.nn import functional

from pipeline.data.batches import bucketed_batches, classifier_inputs, token_ids_of
from pipeline.errors import UserError
from pipeline.inference import predict_logits
from pipeline.losses.batch_losses import MacroF1Loss
from pipeline.losses.contrastive import SupConLoss
from pipeline.losses.row_losses import FocalLoss, RowLoss
from pipeline.models.trained_words import restore_words
from pipeline.training import update
from pipeline.training.adversarial import fgm
from pipeline.training.averaging import ema, swa
from pipeline.training.loop import Scores, TrainingRecord, train_classifier
from pipeline.training.objective import ContrastiveTerm
from pipeline.training.samplers import weighted
from pipeline.training.settings import Adversarial, KeepBest


class NotANumber(RowLoss):
    def forward(self, logits, targets):
        return logits.sum(dim=1) * float("nan")


@pytest.fixture
def train(texts, labels, rows, settings, constant_scores):
    ones = np.ones(len(labels), dtype=np.float32)

    def run(
        model, labels=labels, weights=ones, evaluate=constant_scores, seed=0, precision="fp32", what="test", **changes
    ):
        torch.manual_seed(seed)
        return train_classifier(
            model,
            texts,
            labels,
            weights,
            rows,
            settings(**changes),
            precision=precision,
            device="cpu",
            seed=seed,
            evaluate=evaluate,
            state_file=None,
            what=what,
        )

    return run


@pytest.fixture
def trained(train, make_classifier):
    """The weights after training."""

    def run(dropout=True, **changes):
        model = make_classifier(dropout)
        train(model, **changes)
        return weights_of(model)

    return run


def weights_of(model):
    """As after training: in it a part of the embeddings are trained, and the others wait."""
    whole = copy.deepcopy(model)
    restore_words(whole.encoder)
    return whole.state_dict()


def equal(first, second):
    return all(torch.equal(first[name], second[name]) for name in first)


def close(first, second, atol):
    return all(torch.allclose(first[name], second[name], rtol=0, atol=atol) for name in first)


def scripted(scores):
    """An evaluation whose macro-F1 are `scores`, one after the other, and that keeps the weights that it saw."""
    seen = []

    def evaluate(model):
        seen.append(weights_of(model))
        return Scores(scores[len(seen) - 1], 0.0, 0.0)

    return evaluate, seen


# --- learning --------------------------------------------------------------------------------------


def test_records_count_updates_and_the_loss_falls(train, make_classifier):
    records = train(make_classifier(), epochs=12)
    # 21 rows are 3 batches of 8
    assert [record.step for record in records] == [3 * epoch for epoch in range(1, 13)]
    assert records[-1].loss < 0.8 * records[0].loss
    assert {record[2:] for record in records} == {(0.25, 0.5, 1.0)}


def test_first_loss_is_that_of_the_untrained_model(train, make_classifier, texts, labels, rows):
    """One batch, no dropout: the epoch's loss is that of the fresh weights."""
    model = make_classifier(dropout=False)
    logits = torch.from_numpy(predict_logits(model, texts, rows, "cpu", "fp32"))
    expected = functional.cross_entropy(logits, torch.from_numpy(labels[rows]), weight=torch.tensor([1.0, 2.0, 3.0]))
    assert train(model, epochs=1, batch_size=100)[0].loss == pytest.approx(expected.item(), abs=2e-6)


def test_equals_a_plain_loop(train, make_classifier, texts, labels, rows):
    """Against PyTorch by hand, over texts one by one; dropout is off, the batches are the same."""
    ours, plain = make_classifier(dropout=False), make_classifier(dropout=False).eval()
    parameters = dict(plain.named_parameters())
    start = plain.encoder.embeddings.weight.detach().clone()
    rate = {"encoder.embeddings": 0.05, "encoder.layer": 0.03, "head": 0.02}
    optimizer = torch.optim.AdamW(
        [
            {
                "params": [parameter],
                "lr": next(lr for start, lr in rate.items() if name.startswith(start)),
                "weight_decay": 0.0 if name.endswith("bias") else 0.1,
            }
            for name, parameter in parameters.items()
        ],
        betas=(0.9, 0.98),
        eps=1e-6,
    )
    peaks = [group["lr"] for group in optimizer.param_groups]
    epochs = [np.random.default_rng([0, epoch]) for epoch in range(3)]
    batches = [batch for rng in epochs for batch in bucketed_batches(texts.lengths, rows, 8, rng)]
    for step, batch in enumerate(batches):
        for group, peak in zip(optimizer.param_groups, peaks, strict=True):
            group["lr"] = peak * min((step + 1) / 2, 1 - (step - 2) / 7)  # 2 of 9 updates warm up
        alone = [torch.from_numpy(texts.token_ids[texts.offsets[i] : texts.offsets[i + 1]]).long() for i in batch]
        logits = torch.cat([plain(ids[None], torch.ones_like(ids)[None]).logits for ids in alone])
        optimizer.zero_grad()
        of_batch = torch.from_numpy(labels[batch])
        functional.cross_entropy(logits, of_batch, weight=torch.tensor([1.0, 2.0, 3.0])).backward()
        length = sum(tensor.grad.square().sum() for tensor in parameters.values()).sqrt()
        for tensor in parameters.values():
            tensor.grad *= min(1.0, 0.3 / float(length))
        optimizer.step()
    rates = {"embeddings": 0.05, "encoder": 0.03, "head": 0.02}
    train(ours, learning_rate=rates, weight_decay=0.1, clip=0.3, warmup_ratio=0.2)
    expected = weights_of(plain)
    unread = np.setdiff1d(np.arange(len(start)), token_ids_of(texts, rows))
    assert len(unread)
    expected["encoder.embeddings.weight"][unread] = start[unread]  # which a whole table's optimiser only decays
    assert close(weights_of(ours), expected, 1e-4)


def test_only_the_given_rows_are_trained_on(trained, labels):
    others = labels.copy()
    others[:3] = (others[:3] + 1) % 3
    assert equal(trained(), trained(labels=others))


def test_same_seed_same_bytes_and_another_seed_others(trained):
    assert equal(trained(), trained())
    assert not equal(trained(), trained(seed=1))


def test_bfloat16_trains_fp32_weights(trained):
    weights = trained(precision="bf16")
    assert {value.dtype for value in weights.values()} == {torch.float32}
    assert not equal(weights, trained())
    assert all(torch.isfinite(value).all() for value in weights.values())


@pytest.mark.parametrize(("precision", "multiple"), [("fp32", 1), ("bf16", 8)])
def test_batches_in_half_precision_have_few_widths(trained, texts, monkeypatch, precision, multiple):
    """oneDNN builds its kernels anew for every shape."""
    widths = set()

    def watched(*arguments):
        arrays = classifier_inputs(*arguments)
        widths.add(arrays[0].shape[1])
        return arrays

    monkeypatch.setattr(update, "classifier_inputs", watched)
    trained(precision=precision)
    assert all(width % multiple == 0 or width == texts.longest for width in widths)
    assert any(width % 8 and width < texts.longest for width in widths) is (precision == "fp32")


def test_float16_without_a_gpu_is_refused(trained):
    with pytest.raises(UserError, match=r"^precision: got fp16 on the device cpu; fp32 or bf16 is allowed"):
        trained(precision="fp16")


def test_each_part_has_its_own_rate(trained, make_classifier):
    rates = {"embeddings": 0.05, "encoder": 0.05, "head": 1e-12}
    before, after = weights_of(make_classifier()), trained(learning_rate=rates, weight_decay=0.0)
    assert torch.allclose(before["head.linear.weight"], after["head.linear.weight"], atol=1e-9)
    assert not torch.allclose(before["encoder.embeddings.weight"], after["encoder.embeddings.weight"], atol=1e-3)


def test_gradients_are_clipped(trained, make_classifier):
    """Gradients far below Adam's epsilon hardly move a weight; without the clip they are far above it."""
    before = weights_of(make_classifier())
    moved = {
        clip: max(float((after[name] - before[name]).abs().max()) for name in before)
        for clip in (1e-12, 1.0)
        for after in [trained(clip=clip, weight_decay=0.0)]
    }
    assert moved[1e-12] < 1e-5
    assert moved[1.0] > 0.05


def test_the_sampler_says_which_rows_an_epoch_draws(trained, labels):
    """One that draws the last class alone never sees the labels of the others."""

    def last_class(rows, label_ids, rng):
        return np.repeat(rows[label_ids[rows] == 2], 3)

    others = np.where(labels == 2, 2, 1 - labels)
    assert equal(trained(sampler=last_class), trained(sampler=last_class, labels=others))
    assert not equal(trained(), trained(sampler=partial(weighted, power=1.0)))


# --- what takes part in an update ------------------------------------------------------------------


def test_contrastive_term_takes_part(trained):
    plain, weak, strong = (
        trained(contrastive=weight and ContrastiveTerm(SupConLoss(temperature=0.5), weight, True))
        for weight in (None, 1e-9, 1.0)
    )
    assert not equal(plain, strong)
    assert close(plain, weak, 1e-3)


@pytest.mark.parametrize("parts", [2, 3, 8])
@pytest.mark.parametrize("changes", [{}, {"r_drop": 1.0}], ids=["plain", "r_drop"])
def test_a_batch_in_parts_is_the_batch(trained, parts, changes):
    """The classes weigh 1, 2, 3, so the parts' means would not average to the batch's; the last batch has 5 rows."""
    whole = trained(dropout=False, epochs=1, **changes)
    assert close(whole, trained(dropout=False, epochs=1, accumulate=parts, **changes), 2e-6)


@pytest.mark.parametrize("parts", [2, 3])
def test_a_batch_of_weighed_probabilities_in_parts_is_the_batch(trained, labels, parts):
    rng = np.random.default_rng(0)
    given = {"labels": rng.dirichlet(np.ones(3), len(labels)), "weights": rng.random(len(labels), dtype=np.float32)}
    given |= {"dropout": False, "epochs": 1, "loss": FocalLoss(gamma=0.5)}
    assert close(trained(**given), trained(accumulate=parts, **given), 2e-6)


@pytest.mark.parametrize("changes", [{}, {"loss": FocalLoss(gamma=2.0), "r_drop": 1.0}, {"loss": MacroF1Loss()}])
def test_certain_probabilities_train_as_ids_do(trained, labels, changes):
    changes = {"sampler": partial(weighted, power=1.0), **changes}
    certain = np.eye(3)[labels]
    assert close(trained(**changes), trained(labels=certain, **changes), 1e-4)
    doubtful = 0.7 * certain + 0.1
    assert not close(trained(**changes), trained(labels=doubtful, **changes), 1e-3)


def test_the_sampler_gets_the_likeliest_class(trained, labels):
    seen = []

    def watching(rows, label_ids, rng):
        seen.append(label_ids)
        return rows

    for targets in (labels, 0.7 * np.eye(3)[labels] + 0.1):
        trained(labels=targets, sampler=watching)
    assert all(ids.tolist() == labels.tolist() for ids in seen)


@pytest.mark.parametrize("changes", [{}, {"r_drop": 1.0}, {"loss": MacroF1Loss()}])
def test_rows_that_weigh_nothing_teach_nothing(trained, labels, changes):
    """Whatever their labels are; where all of a batch weigh nothing, too."""
    weights = (np.arange(len(labels)) % 2).astype(np.float32)
    others = np.where(weights > 0, labels, (labels + 1) % 3)
    for batch_size in (8, 1):
        asked = {"weights": weights, "batch_size": batch_size, **changes}
        first = trained(**asked)
        assert all(torch.isfinite(value).all() for value in first.values())
        assert equal(first, trained(labels=others, **asked))
        assert not equal(first, trained(**asked | {"weights": np.ones_like(weights)}))


def test_r_drop_takes_part_where_passes_differ(trained):
    assert close(trained(dropout=False), trained(dropout=False, r_drop=5.0), 1e-5)
    assert not close(trained(), trained(r_drop=5.0), 1e-3)


def test_flooding_keeps_the_loss_up(train, make_classifier):
    plain = train(make_classifier(dropout=False), epochs=40)
    flooded = train(make_classifier(dropout=False), epochs=40, flooding=0.4)
    assert plain[-1].loss < 0.2
    assert 0.4 <= flooded[-1].loss < 0.6


def test_an_attack_takes_part_and_leaves_the_weights(trained):
    attack = partial(fgm, on=["embeddings"], epsilon=1.0)
    nothing = partial(fgm, on=["embeddings"], epsilon=0.0)
    plain, attacked = (trained(dropout=False, adversarial=a and Adversarial(a, ["embeddings"])) for a in (None, attack))
    assert not close(plain, attacked, 1e-3)
    # A move of length 0 only doubles the gradients, which a clip that always cuts makes good.
    doubled = trained(dropout=False, adversarial=Adversarial(nothing, ["embeddings"]), clip=1e-3)
    assert close(trained(dropout=False, clip=1e-3), doubled, 1e-5)


def test_unfreezing_from_the_head_down(train, make_classifier):
    """9 updates, one more part every 2: the head from the first, the layer from the third, the embeddings the fifth."""
    evaluate, seen = scripted([0.0] * 9)
    model = make_classifier()
    start = weights_of(model)
    train(model, unfreeze_every=2, evaluate_every=1, evaluate=evaluate, warmup_ratio=0.0)
    moved = {
        name: next(step for step, weights in enumerate(seen, 1) if not torch.equal(weights[name], start[name]))
        for name in ("head.linear.weight", "encoder.layer.0.weight", "encoder.embeddings.weight")
    }
    assert list(moved.values()) == [1, 3, 5]


# --- evaluation ------------------------------------------------------------------------------------


def test_evaluation_never_changes_training(trained, texts):
    def score(model):
        return Scores(float(predict_logits(model, texts, np.arange(24), "cpu", "fp32").argmax(axis=1).mean()), 0, 0)

    def score_in_evaluation_mode(model):
        model.eval()
        return Scores(1.0, 0, 0)

    plain = trained()
    assert equal(plain, trained(evaluate=score))
    assert equal(plain, trained(evaluate=score, evaluate_every=1))
    assert equal(plain, trained(evaluate=score_in_evaluation_mode, evaluate_every=2))


def test_evaluation_every_so_many_updates_and_after_the_last(train, make_classifier):
    records = train(make_classifier(), evaluate_every=4)
    assert [record.step for record in records] == [4, 8, 9]
    every_one = train(make_classifier(), evaluate_every=1)
    assert records[0].loss == pytest.approx(np.mean([record.loss for record in every_one[:4]]), abs=1e-5)
    assert records[2].loss == pytest.approx(every_one[8].loss, abs=1e-5)


def test_without_keep_best_the_last_weights_stay_however_bad(train, make_classifier):
    evaluate, seen = scripted([0.9, 0.5, 0.1])
    model = make_classifier()
    assert len(train(model, evaluate=evaluate)) == 3
    assert equal(weights_of(model), seen[2])


@pytest.mark.parametrize(
    ("scores", "patience", "n_epochs", "best"),
    [
        ([0.1, 0.5, 0.3, 0.4, 0.9, 0.9], 2, 4, 1),  # two evaluations without a better one: the 0.9 is never seen
        ([0.1, 0.5, 0.3, 0.4, 0.9, 0.2], 3, 6, 4),  # the third after the best is better
        ([0.5, 0.5, 0.5, 0.6, 0.6, 0.6], 2, 3, 0),  # equal is no better
        ([0.5, 0.4, 0.6, 0.5, 0.7, 0.6], 1, 2, 0),
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 1, 6, 5),
        ([0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 9, 6, 0),  # patience beyond the end
        ([0.1, 0.5, 0.3, 0.4, 0.3, 0.2], None, 6, 1),  # no patience to lose: to the end, then back to the best
    ],
)
def test_early_stopping_puts_the_best_weights_back(train, make_classifier, scores, patience, n_epochs, best):
    evaluate, seen = scripted(scores)
    model = make_classifier()
    records = train(model, epochs=6, evaluate=evaluate, keep_best=KeepBest("macro_f1", patience))
    assert [record.macro_f1 for record in records] == scores[:n_epochs]
    assert equal(weights_of(model), seen[best])
    assert not any(equal(weights_of(model), other) for index, other in enumerate(seen) if index != best)


@pytest.mark.parametrize(("metric", "best"), [("macro_f1", 0), ("accuracy", 1), ("loss", 2)])
def test_the_chosen_metric_says_what_is_best(train, make_classifier, metric, best):
    evaluations = [Scores(0.9, 0.1, 0.3), Scores(0.1, 0.9, 0.2), Scores(0.2, 0.3, 0.1)]
    seen = []

    def evaluate(model):
        seen.append(weights_of(model))
        return evaluations[len(seen) - 1]

    model = make_classifier()
    train(model, evaluate=evaluate, keep_best=KeepBest(metric, None))
    assert equal(weights_of(model), seen[best])


def test_patience_changes_no_epoch_that_runs(train, trained, make_classifier):
    evaluate, seen = scripted([0.1, 0.2, 0.3])
    train(make_classifier(), evaluate=evaluate, keep_best=KeepBest("macro_f1", 1))
    assert equal(seen[2], trained())


# --- averages --------------------------------------------------------------------------------------


def test_the_average_is_scored_and_kept_and_never_trains(train, make_classifier):
    """After every update of the second half: the plain mean of the weights that training without it goes through."""
    evaluate, steps = scripted([0.0] * 9)
    train(make_classifier(), evaluate=evaluate, evaluate_every=1)
    scored, seen = scripted([0.0] * 9)
    model = make_classifier()
    train(model, evaluate=scored, evaluate_every=1, averaging=partial(swa, start=0.5, every=1))
    assert all(equal(ours, plain) for ours, plain in zip(seen[:4], steps[:4], strict=True))
    for last in range(5, 10):  # updates 5 to 9 join
        mean = {name: sum(weights[name] for weights in steps[4:last]) / (last - 4) for name in steps[0]}
        assert close(seen[last - 1], mean, 1e-6)
    assert equal(weights_of(model), seen[-1])


def test_the_best_average_is_kept(train, make_classifier):
    evaluate, seen = scripted([0.1, 0.9, 0.2])
    model = make_classifier()
    train(model, evaluate=evaluate, averaging=partial(ema, decay=0.5), keep_best=KeepBest("macro_f1", None))
    assert equal(weights_of(model), seen[1])


# --- bad ends --------------------------------------------------------------------------------------


def test_loss_that_is_no_number_ends_training(trained):
    with pytest.raises(UserError, match=r"^my-member fold 1: the loss is nan at update 3; lower"):
        trained(loss=NotANumber(), what="my-member fold 1")


def test_record_of_an_epoch(train, make_classifier):
    records = train(make_classifier(), epochs=1, evaluate=lambda model: Scores(1 / 3, 2 / 3, 1e-9))
    assert records == [TrainingRecord(3, records[0].loss, 0.333333, 0.666667, 0.0)]
    assert records[0].loss == round(records[0].loss, 6)
