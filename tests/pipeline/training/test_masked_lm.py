import numpy as np
import pytest
import torch
from torch import nn

from pipeline.data import text_blocks
from pipeline.data.batches import budgeted_batches, pack, pad_batch
from pipeline.data.token_store import read_texts, write_token_store, write_tokenized
from pipeline.errors import UserError
from pipeline.training import masked_lm_loss
from pipeline.training.masked_lm import train_masked_lm
from pipeline.training.masked_lm_loss import MaskingIds, batch_loss, held_out_loss, masked_lm_logits
from pipeline.training.masking import mask_tokens, token, whole_word

SETTINGS = {
    "steps": 6,
    "checkpoints": [],
    "batch_tokens": 128,
    "learning_rate": 0.01,
    "warmup_ratio": 0.1,
    "weight_decay": 0.01,
    "mlm_probability": 0.3,
    "held_out": 0.2,
    "evaluate_every": 3,
    "early_stop": None,
    "precision": "fp32",
    "device": "cpu",
    "seed": 0,
    "what": "test",
}
# one module after the encoder: bert … roberta; the rest pay for all positions
ENCODERS = ["bert", "nezha", "ernie", "roberta", "albert", "electra", "deberta-v2", "modernbert"]
BOTH = pytest.mark.parametrize("architecture", ["bert", "nezha"])


@pytest.fixture(scope="session")
def store(tiny_tokenizer, short_texts, tmp_path_factory):
    return write_token_store(tmp_path_factory.mktemp("store"), tiny_tokenizer, short_texts, 32)


@pytest.fixture(scope="session")
def texts(store):
    return read_texts(store, np.arange(len(store)))


@pytest.fixture(scope="session")
def ids(tiny_tokenizer):
    return masking_ids(tiny_tokenizer.mask_token_id, len(tiny_tokenizer), sorted(tiny_tokenizer.all_special_ids))


def masking_ids(mask_id, vocab_size, special_ids):
    return MaskingIds(mask_id, tuple(special_ids), np.ones(vocab_size, dtype=bool))


@pytest.fixture
def store_of(tmp_path):
    return lambda sequences: write_tokenized(tmp_path, [pack(sequences, 0)], 40, 0)


@pytest.fixture
def load(tiny_checkpoint):
    from transformers import AutoModelForMaskedLM

    return lambda architecture: AutoModelForMaskedLM.from_pretrained(tiny_checkpoint(architecture), dtype="float32")


@pytest.fixture
def train(tmp_path_factory):
    def run(model, store, ids, units=token, **changes):
        state_file = tmp_path_factory.mktemp("state") / "state.pt"
        settings = SETTINGS | {"save_checkpoint": lambda step: None, "state_file": state_file} | changes
        torch.manual_seed(settings["seed"])
        return train_masked_lm(model, store, ids, units, **settings)

    return run


def one_by_one(input_ids):
    return torch.arange(input_ids.shape[1]).expand(input_ids.shape)


def weights_of(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def equal(first, second):
    return all(torch.equal(first[name], second[name]) for name in first)


# --- the logits of chosen positions ----------------------------------------------------------------


@pytest.mark.parametrize("model_type", ENCODERS)
def test_logits_are_the_full_models_at_the_chosen_positions(make_model, model_type):
    model = make_model(model_type, masked_lm=True)
    pad_id = 1 if model_type == "roberta" else 0
    rng = np.random.default_rng(0)
    texts = pack([rng.integers(5, 40, n).tolist() for n in (9, 3, 6)], pad_id)
    input_ids, mask = (torch.from_numpy(array) for array in pad_batch(texts, np.arange(3)))
    chosen = mask.bool() & (torch.rand(mask.shape, generator=torch.Generator().manual_seed(0)) < 0.5)
    assert chosen.any(dim=1).all()
    with torch.no_grad():
        full = model(input_ids=input_ids, attention_mask=mask).logits[chosen]
        logits = masked_lm_logits(model, input_ids, mask, chosen)
    assert logits.shape == (int(chosen.sum()), 40)
    torch.testing.assert_close(logits, full, rtol=0, atol=1e-5)


@BOTH
def test_only_chosen_positions_pass_through_the_head(load, architecture):
    model, seen = load(architecture), []
    model.cls.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].shape))
    input_ids = torch.tensor([[2, 7, 8, 9, 3]])
    masked_lm_logits(model, input_ids, torch.ones_like(input_ids), torch.tensor([[False, True, False, True, False]]))
    assert seen == [(2, 16)]


# --- training --------------------------------------------------------------------------------------


@BOTH
def test_a_few_steps_lower_the_loss(train, load, store, ids, architecture):
    records = train(load(architecture), store, ids, steps=60, evaluate_every=20)
    assert [record.step for record in records] == [20, 40, 60]
    assert records[-1].loss < records[0].loss
    assert records[-1].held_out_loss < records[0].held_out_loss
    assert records[0].held_out_loss < np.log(len(ids.starts_word))


def test_equals_a_plain_loop(train, load, store, texts, ids):
    """Against PyTorch by hand and transformers' own loss, with the same batches and masks."""
    ours, plain = load("bert"), load("bert").train()
    decayed, others = ([p for p in plain.parameters() if (p.dim() > 1) is matrix] for matrix in (True, False))
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=0.01, betas=(0.9, 0.98), eps=1e-6)
    rng, generator = np.random.default_rng(0), torch.Generator().manual_seed(0)
    training_rows = np.sort(rng.permutation(60)[12:])  # a fifth is held out
    batches = budgeted_batches(texts.lengths, training_rows, 128, rng)
    assert len(batches) == 5
    losses = []
    for step, batch in enumerate(batches):
        input_ids, mask = (torch.from_numpy(array) for array in pad_batch(texts, batch))
        settings = {"mask_id": 4, "vocab_size": len(ids.starts_word), "n_special": 5, "mlm_probability": 0.3}
        units = one_by_one(input_ids)
        masked, chosen = mask_tokens(input_ids, input_ids >= 5, units, **settings, generator=generator)
        labels = torch.where(chosen, input_ids, -100)
        for group in optimizer.param_groups:
            group["lr"] = 0.01 * min((step + 1) / 2, (5 - step) / 3)  # 2 of 5 updates warm up
        optimizer.zero_grad()
        loss = plain(input_ids=masked, attention_mask=mask, labels=labels).loss
        loss.backward()
        length = sum(p.grad.square().sum() for p in plain.parameters()).sqrt()
        for parameter in plain.parameters():
            parameter.grad *= min(1.0, 1.0 / float(length))
        optimizer.step()
        losses.append(loss.item())
    records = train(ours, store, ids, steps=5, evaluate_every=5, warmup_ratio=0.4, weight_decay=0.1)
    assert records[0].loss == pytest.approx(np.mean(losses), abs=1e-5)
    for (name, parameter), expected in zip(ours.named_parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(parameter, expected, rtol=0, atol=1e-4, msg=name)


@BOTH
def test_same_seed_same_bytes_and_another_seed_others(train, load, store, ids, architecture):
    weights = []
    for seed in (0, 0, 1):
        model = load(architecture)
        train(model, store, ids, seed=seed)
        weights.append(weights_of(model))
    assert equal(weights[0], weights[1])
    assert not equal(weights[0], weights[2])


def test_evaluation_never_changes_training(train, load, store, ids):
    weights = []
    for evaluate_every in (1, 6, 100):
        model = load("bert")
        for module in model.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.2  # so that training draws random numbers
        records = train(model, store, ids, evaluate_every=evaluate_every)
        assert records[-1].step == 6
        weights.append(weights_of(model))
    assert equal(weights[0], weights[1])
    assert equal(weights[0], weights[2])


def test_held_out_texts_are_never_trained_on(train, load, store, texts, ids, monkeypatch):
    seen = {True: set(), False: set()}
    real = masked_lm_loss.pad_batch

    def watched(block, rows):
        starts, ends = block.offsets[rows], block.offsets[rows + 1]
        seen[model.training].update(tuple(block.token_ids[i:j]) for i, j in zip(starts, ends, strict=True))
        return real(block, rows)

    monkeypatch.setattr(masked_lm_loss, "pad_batch", watched)
    model = load("bert")
    train(model, store, ids, steps=20)
    everything = {tuple(texts.token_ids[texts.offsets[i] : texts.offsets[i + 1]]) for i in range(60)}
    assert len(everything) == 60, "texts that are equal could not be told apart"
    assert len(seen[False]) == 12  # a fifth of 60
    assert seen[True] == everything - seen[False]


def test_held_out_loss_has_the_same_masks_each_time(load, texts, ids):
    model = load("bert")
    loss_of = batch_loss(model, ids, token, 0.3, "fp32", "cpu")
    values = [held_out_loss(model, loss_of, texts, 64, seed) for seed in (0, 0, 1)]
    assert values[0] == values[1] != values[2]


def test_checkpoints_are_saved_at_their_steps(train, load, store, ids):
    model, saved = load("bert"), {}
    train(
        model,
        store,
        ids,
        checkpoints=[2, 5],
        save_checkpoint=lambda step: saved.update({step: weights_of(model)}),
    )
    assert list(saved) == [2, 5]
    assert not equal(saved[2], saved[5])
    assert not equal(saved[5], weights_of(model))
    assert model.training  # saving is no reason to stop dropout


def test_weights_stay_tied(train, load, store, ids):
    model = load("nezha")
    train(model, store, ids)
    assert model.get_output_embeddings().weight is model.get_input_embeddings().weight


def test_loss_is_that_of_the_chosen_tokens(load, texts, ids):
    """Against a version that masks with the same seed and asks the full model."""
    model = load("bert").eval()
    rows = np.arange(8)
    loss_of = batch_loss(model, ids, token, 0.3, "fp32", "cpu")
    loss = loss_of(texts, rows, torch.Generator().manual_seed(4))
    input_ids, mask = (torch.from_numpy(array) for array in pad_batch(texts, rows))
    masked, chosen = mask_tokens(
        input_ids,
        input_ids >= 5,
        one_by_one(input_ids),
        mask_id=4,
        vocab_size=len(ids.starts_word),
        n_special=5,
        mlm_probability=0.3,
        generator=torch.Generator().manual_seed(4),
    )
    labels = torch.where(chosen, input_ids, -100)
    expected = model(input_ids=masked, attention_mask=mask, labels=labels).loss
    torch.testing.assert_close(loss, expected)


# --- special tokens --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("special_ids", "n_special"),
    [
        ((0, 1, 2, 3, 4), 5),
        ((0, 30, 31, 32, 33), 0),  # published Chinese BERTs: [PAD] is 0 and the rest stand at 100 to 103
        ((0, 1, 2, 3, 39), 0),  # RoBERTa: <mask> is the last
        ((0, 1, 2, 4), 0),  # an ordinary id in between
    ],
)
def test_special_tokens_are_never_chosen_wherever_their_ids_lie(special_ids, n_special, monkeypatch, make_model):
    asked = {}
    real = masked_lm_loss.mask_tokens

    def watched(input_ids, maskable, units, **settings):
        masked, chosen = real(input_ids, maskable, units, **settings)
        asked.update(input_ids=input_ids, maskable=maskable, chosen=chosen, **settings)
        return masked, chosen

    monkeypatch.setattr(masked_lm_loss, "mask_tokens", watched)
    rng = np.random.default_rng(0)
    texts = pack([rng.integers(1, 40, n).tolist() for n in (30, 12, 4)], 0)
    ids = masking_ids(special_ids[-1], 40, special_ids)
    loss_of = batch_loss(make_model("bert", masked_lm=True), ids, token, 0.9, "fp32", "cpu")
    loss_of(texts, np.arange(3), torch.Generator().manual_seed(0))
    assert asked["n_special"] == n_special
    lengths = torch.tensor([30, 12, 4])
    is_padding = torch.arange(30)[None] >= lengths[:, None]
    is_special = torch.isin(asked["input_ids"], torch.tensor(special_ids))
    assert torch.equal(asked["maskable"], ~is_padding & ~is_special)
    assert not asked["chosen"][is_padding | is_special].any()
    assert asked["chosen"].any()


# --- small and bad input ---------------------------------------------------------------------------


def test_batch_with_nothing_to_predict_costs_nothing(train, load, ids, store_of):
    model, sequences = load("bert"), [[2, 3], [2, 3]]
    loss_of = batch_loss(model, ids, token, 0.3, "fp32", "cpu")
    loss = loss_of(pack(sequences, 0), np.arange(2), torch.Generator())
    loss.backward()
    assert loss.item() == 0
    records = train(load("bert"), store_of(sequences), ids, steps=2)
    assert records[-1].loss == 0


def test_no_steps_train_nothing(train, load, store, ids):
    model = load("bert")
    before = weights_of(model)
    assert train(model, store, ids, steps=0) == []
    assert equal(weights_of(model), before)


def test_one_text_is_refused(train, load, ids, store_of):
    with pytest.raises(UserError, match="test: got 1 texts, 2 are needed"):
        train(load("bert"), store_of([[2, 7, 3]]), ids)


@pytest.mark.parametrize("held_out", [0.001, 0.999])
def test_two_texts_are_enough(train, load, ids, store_of, held_out):
    two = store_of([[2, 7, 8, 3], [2, 9, 9, 9, 3]])
    assert len(train(load("bert"), two, ids, held_out=held_out)) == 2


def test_loss_that_is_no_number_ends_training(train, load, store, ids):
    model = load("bert")
    with torch.no_grad():
        model.get_input_embeddings().weight.fill_(float("nan"))
    with pytest.raises(UserError, match="test: the loss is nan at step 3"):
        train(model, store, ids)


def test_bfloat16_trains_fp32_weights(train, load, store, ids):
    model = load("nezha")
    records = train(model, store, ids, precision="bf16")
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert np.isfinite(records[-1].held_out_loss)


def test_encoders_without_one_head_train_too(train, make_model, store_of):
    store = store_of([list(range(5, 15)), list(range(15, 25)), list(range(25, 35))])
    model = make_model("albert", masked_lm=True)
    before = weights_of(model)
    train(model, store, masking_ids(4, 40, range(5)), steps=1)
    assert not equal(weights_of(model), before)


# --- units of masking ------------------------------------------------------------------------------


def test_units_are_made_of_where_words_start(load, ids, monkeypatch):
    """Every second id goes on with a word: its tokens are hidden together, and never a special token."""
    starts_word = np.arange(len(ids.starts_word)) % 2 == 1
    starts_word[:5] = True
    words = pack([[2, *[7, 8] * 40, 3]] * 8, 0)
    seen = {}
    real = masked_lm_loss.masked_lm_logits

    def watched(model, input_ids, attention_mask, chosen):
        seen.update(chosen=chosen)
        return real(model, input_ids, attention_mask, chosen)

    monkeypatch.setattr(masked_lm_loss, "masked_lm_logits", watched)
    model = load("nezha")  # no limit of positions
    for unit, together in ((whole_word, True), (token, False)):
        loss_of = batch_loss(model, MaskingIds(4, ids.special_ids, starts_word), unit, 0.3, "fp32", "cpu")
        loss_of(words, np.arange(8), torch.Generator().manual_seed(0))
        inner = seen["chosen"][:, 1:-1]
        assert inner.any()
        assert not seen["chosen"][:, [0, -1]].any()
        assert torch.equal(inner[:, 0::2], inner[:, 1::2]) is together


# --- corpora of many blocks ------------------------------------------------------------------------


def test_a_corpus_of_many_blocks_is_trained_on_whole(train, load, store, ids, monkeypatch):
    monkeypatch.setattr(text_blocks, "TEXTS_IN_CHUNK", 4)
    monkeypatch.setattr(text_blocks, "CHUNKS_IN_BLOCK", 3)
    records = train(load("bert"), store, ids, steps=60, evaluate_every=20)
    assert records[-1].held_out_loss < records[0].held_out_loss


# --- early stop ------------------------------------------------------------------------------------


def test_early_stop_ends_with_the_weights_of_the_lowest_held_out_loss(train, load, store, ids, monkeypatch):
    """Held-out losses are made up; training is real."""
    losses, weights = iter([3.0, 2.0, 2.5, 2.0, 2.1, 1.0]), []

    def made_up(model, *args):
        weights.append(weights_of(model))
        return next(losses)

    monkeypatch.setattr("pipeline.training.masked_lm.held_out_loss", made_up)
    model = load("bert")
    records = train(model, store, ids, steps=12, evaluate_every=2, early_stop=3)
    assert [record.held_out_loss for record in records] == [3.0, 2.0, 2.5, 2.0, 2.1]  # the tie is no better
    assert equal(weights_of(model), weights[1])
    assert not equal(weights_of(model), weights[4])
    assert model.get_output_embeddings().weight is model.get_input_embeddings().weight


def test_early_stop_takes_the_best_weights_where_training_ends_by_itself(train, load, store, ids, monkeypatch):
    losses, weights = iter([3.0, 2.0, 2.5]), []
    monkeypatch.setattr(
        "pipeline.training.masked_lm.held_out_loss",
        lambda model, *args: weights.append(weights_of(model)) or next(losses),
    )
    model = load("bert")
    assert len(train(model, store, ids, steps=6, evaluate_every=2, early_stop=3)) == 3
    assert equal(weights_of(model), weights[1])


def test_early_stop_that_never_comes_changes_nothing(train, load, store, ids):
    """With a loss that falls all the way, the last weights are the best."""
    models = [load("bert"), load("bert")]
    curves = [
        train(m, store, ids, steps=30, evaluate_every=10, early_stop=e) for m, e in zip(models, (None, 1), strict=True)
    ]
    losses = [record.held_out_loss for record in curves[0]]
    assert losses == sorted(losses, reverse=True)
    assert curves[0] == curves[1]
    assert equal(weights_of(models[0]), weights_of(models[1]))
