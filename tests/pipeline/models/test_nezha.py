"""NEZHA against transformers 4.40, against the paper's formula in loops, and through saving and loading."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F
from transformers import AutoConfig, AutoModel, AutoModelForMaskedLM, AutoTokenizer

from pipeline.errors import UserError
from pipeline.models.nezha import NezhaConfig, NezhaForMaskedLM, NezhaModel
from pipeline.models.nezha.relative_attention import NezhaRelativePositions, attend

FIXTURE = Path(__file__).parents[2] / "fixtures" / "nezha" / "nezha.safetensors"
TINY: dict[str, Any] = {
    "vocab_size": 12,
    "hidden_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "max_relative_position": 3,
    "initializer_range": 0.5,
}


class Reference:
    """The fixture: config, weights, inputs and outputs."""

    def __init__(self) -> None:
        with safe_open(FIXTURE, "pt") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a mapping)
            self.config: dict[str, Any] = json.loads(file.metadata()["config"])
        self.weights = {k: v for k, v in tensors.items() if k.startswith(("nezha.", "cls."))}
        self.inputs = {k.removeprefix("input."): v for k, v in tensors.items() if k.startswith("input.")}
        self.outputs = {k.removeprefix("output."): v for k, v in tensors.items() if k.startswith("output.")}


@pytest.fixture(scope="module")
def reference() -> Reference:
    return Reference()


def write_checkpoint(folder: Path, config: dict[str, Any], weights: dict[str, Tensor]) -> Path:
    (folder / "config.json").write_text(json.dumps({"model_type": "nezha"} | config))
    save_file({key: weight.contiguous() for key, weight in weights.items()}, folder / "model.safetensors")
    return folder


def tiny_model() -> NezhaModel:
    torch.manual_seed(0)
    return NezhaModel(NezhaConfig(**TINY)).eval()


def assert_near(actual: Tensor, expected: Tensor, tolerance: float = 1e-5) -> None:
    torch.testing.assert_close(actual, expected, rtol=0, atol=tolerance)


# --- parity with transformers 4.40 ----------------------------------------------------------------


def test_hidden_states_equal_transformers_4_40(reference: Reference, tmp_path: Path) -> None:
    model = AutoModel.from_pretrained(write_checkpoint(tmp_path, reference.config, reference.weights))
    assert type(model) is NezhaModel
    encoded = model(**reference.inputs, output_hidden_states=True)
    assert reference.inputs["input_ids"].shape[1] > reference.config["max_relative_position"] + 1
    assert_near(torch.stack(encoded.hidden_states), reference.outputs["hidden_states"])
    assert_near(encoded.last_hidden_state, reference.outputs["hidden_states"][-1])
    assert_near(encoded.pooler_output, reference.outputs["pooled"])


def test_mlm_logits_equal_transformers_4_40(reference: Reference, tmp_path: Path) -> None:
    model = AutoModelForMaskedLM.from_pretrained(write_checkpoint(tmp_path, reference.config, reference.weights))
    assert type(model) is NezhaForMaskedLM
    assert_near(model(**reference.inputs).logits, reference.outputs["logits"])


def test_parity_would_notice_another_distance(reference: Reference, tmp_path: Path) -> None:
    config = reference.config | {"max_relative_position": 9}
    model = AutoModel.from_pretrained(write_checkpoint(tmp_path, config, reference.weights))
    difference = model(**reference.inputs).last_hidden_state - reference.outputs["hidden_states"][-1]
    assert difference.abs().max() > 0.01


# --- checkpoints of every age ---------------------------------------------------------------------


def as_published(weights: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The names of old releases, and the extra keys that they hold."""
    renamed = {
        key.replace("nezha.", prefix)
        .replace("LayerNorm.weight", "LayerNorm.gamma")
        .replace("LayerNorm.bias", "LayerNorm.beta"): weight
        for key, weight in weights.items()
    }
    sinusoids = f"{prefix}encoder.layer.0.attention.self.relative_positions_encoding.positions_encoding"
    return renamed | {
        f"{prefix}embeddings.position_ids": torch.arange(24)[None],
        sinusoids: torch.zeros(2, 2, 8),
    }


@pytest.mark.parametrize("prefix", ["nezha.", "bert.", ""])
@pytest.mark.parametrize("absent", ["", "cls.predictions.bias", "cls.predictions.decoder."])
def test_every_prefix_and_old_key_loads(reference: Reference, tmp_path: Path, prefix: str, absent: str) -> None:
    weights = as_published(reference.weights, prefix)
    weights = {key: weight for key, weight in weights.items() if not absent or not key.startswith(absent)}
    checkpoint = write_checkpoint(tmp_path, reference.config, weights)

    model, loading = AutoModel.from_pretrained(checkpoint, output_loading_info=True)
    assert not any(loading.values()), loading
    assert_near(model(**reference.inputs).pooler_output, reference.outputs["pooled"])

    model, loading = AutoModelForMaskedLM.from_pretrained(checkpoint, output_loading_info=True)
    assert not any(loading.values()), loading
    assert_near(model(**reference.inputs).logits, reference.outputs["logits"])


def test_a_pytorch_file_of_old_names_loads(reference: Reference, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(reference.config | {"model_type": "nezha"}))
    torch.save(as_published(reference.weights, "bert."), tmp_path / "pytorch_model.bin")
    model = AutoModelForMaskedLM.from_pretrained(tmp_path)
    assert_near(model(**reference.inputs).logits, reference.outputs["logits"])


def test_what_is_saved_has_todays_names(reference: Reference, tmp_path: Path) -> None:
    checkpoint = write_checkpoint(tmp_path, reference.config, as_published(reference.weights, "bert."))
    AutoModelForMaskedLM.from_pretrained(checkpoint).save_pretrained(tmp_path / "saved")
    with safe_open(tmp_path / "saved" / "model.safetensors", "pt") as file:
        saved = set(file.keys())
    tied = {"cls.predictions.decoder.weight", "cls.predictions.decoder.bias"}
    dropped = {key for key in reference.weights if key.startswith(("nezha.pooler.", "cls.seq_relationship."))}
    assert saved == set(reference.weights) - tied - dropped


def test_a_missing_weight_is_reported(reference: Reference, tmp_path: Path) -> None:
    key = "encoder.layer.1.output.dense.weight"
    weights = {k: v for k, v in reference.weights.items() if k != f"nezha.{key}"}
    checkpoint = write_checkpoint(tmp_path, reference.config, weights)
    _, loading = AutoModel.from_pretrained(checkpoint, output_loading_info=True)
    assert set(loading["missing_keys"]) == {key}


def test_tokenizer_of_a_published_folder(reference: Reference, tmp_path: Path) -> None:
    write_checkpoint(tmp_path, reference.config, reference.weights)
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n一\n二\n", encoding="utf-8")
    assert AutoTokenizer.from_pretrained(tmp_path)("二一")["input_ids"] == [2, 6, 5, 3]


# --- round trips ----------------------------------------------------------------------------------


def test_save_and_load_round_trip(tmp_path: Path) -> None:
    model = tiny_model()
    model.save_pretrained(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "model.safetensors"]
    loaded = AutoModel.from_pretrained(tmp_path)
    assert torch.equal(loaded.relative_positions.table, model.relative_positions.table)
    ids = torch.arange(10).view(2, 5)
    before, after = model(ids, output_hidden_states=True), loaded(ids, output_hidden_states=True)
    assert all(torch.equal(a, b) for a, b in zip(before.hidden_states, after.hidden_states, strict=True))
    assert torch.equal(before.pooler_output, after.pooler_output)


def test_masked_lm_round_trip_and_its_encoder(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = NezhaForMaskedLM(NezhaConfig(**TINY)).eval()
    model.cls.predictions.bias.data.normal_()
    model.save_pretrained(tmp_path)
    ids = torch.arange(10).view(2, 5)
    assert torch.equal(AutoModelForMaskedLM.from_pretrained(tmp_path)(ids).logits, model(ids).logits)
    encoder, loading = AutoModel.from_pretrained(tmp_path, output_loading_info=True)
    assert set(loading["missing_keys"]) == {"pooler.dense.weight", "pooler.dense.bias"}
    assert torch.equal(encoder(ids).last_hidden_state, model.nezha(ids).last_hidden_state)


def test_config_round_trip(tmp_path: Path) -> None:
    config = NezhaConfig(**TINY, layer_norm_eps=1e-5)
    config.save_pretrained(tmp_path)
    loaded = AutoConfig.from_pretrained(tmp_path)
    assert type(loaded) is NezhaConfig
    assert loaded.to_diff_dict() == config.to_diff_dict()
    assert loaded.layer_norm_eps == 1e-5


def test_bfloat16_weights_load_with_an_exact_table(tmp_path: Path) -> None:
    model = tiny_model()
    model.save_pretrained(tmp_path)
    loaded = AutoModel.from_pretrained(tmp_path, dtype=torch.bfloat16)
    assert torch.equal(loaded.relative_positions.table, model.relative_positions.table)
    hidden = loaded(torch.arange(10).view(2, 5)).last_hidden_state
    assert hidden.dtype == torch.bfloat16
    assert hidden.isfinite().all()


# --- attention ------------------------------------------------------------------------------------


def attend_in_loops(
    query: np.ndarray, key: np.ndarray, value: np.ndarray, max_distance: int, bias: np.ndarray
) -> np.ndarray:
    """The paper's sums, term by term, in float64; angles count from -R, as in the released code."""
    n_rows, n_heads, length, size = query.shape

    def rel(i: int, j: int) -> np.ndarray:
        step = min(max(j - i, -max_distance), max_distance) + max_distance
        angles = [step / 10000 ** (2 * (column // 2) / size) for column in range(size)]
        return np.array([math.cos(a) if column % 2 else math.sin(a) for column, a in enumerate(angles)])

    output = np.zeros_like(query)
    for b in range(n_rows):
        for h in range(n_heads):
            for i in range(length):
                scores = [
                    query[b, h, i] @ (key[b, h, j] + rel(i, j)) / math.sqrt(size) + bias[b, j] for j in range(length)
                ]
                weights = np.exp(np.array(scores) - max(scores))
                for j in range(length):
                    output[b, h, i] += weights[j] / weights.sum() * (value[b, h, j] + rel(i, j))
    return output


@pytest.mark.parametrize(("length", "max_distance"), [(1, 2), (4, 8), (5, 4), (7, 2), (6, 1)])
def test_attend_equals_the_formula_in_loops(length: int, max_distance: int) -> None:
    rng = np.random.default_rng(0)
    query, key, value = rng.normal(size=(3, 2, 3, length, 4))
    bias = rng.normal(size=(2, length))
    relative = NezhaRelativePositions(max_distance, head_size=4)(length, torch.float64)
    actual = attend(
        *(torch.from_numpy(states) for states in (query, key, value)),
        relative,
        torch.from_numpy(bias)[:, None, None, :],
    )
    expected = attend_in_loops(query, key, value, max_distance, bias)
    assert_near(actual, torch.from_numpy(expected), 1e-6)  # the table has float32 angles


def test_attend_gradients() -> None:
    torch.manual_seed(0)
    states = [torch.randn(2, 2, 5, 4, dtype=torch.float64, requires_grad=True) for _ in range(3)]
    relative = NezhaRelativePositions(2, head_size=4)(5, torch.float64)
    bias = torch.tensor([[0.0] * 5, [0, 0, 0, -1e30, -1e30]], dtype=torch.float64)[:, None, None, :]
    assert torch.autograd.gradcheck(lambda *qkv: attend(*qkv, relative, bias), states)


def test_attend_drops_probabilities_of_values_and_positions() -> None:
    states = [torch.randn(1, 2, 5, 4) for _ in range(3)]
    relative = NezhaRelativePositions(2, head_size=4)(5, torch.float32)
    assert not attend(*states, relative, dropout=1.0).any()


# --- the encoder ----------------------------------------------------------------------------------


@pytest.mark.parametrize("n_padding", [1, 9])
def test_padding_changes_nothing(n_padding: int) -> None:
    model = tiny_model()
    ids = torch.tensor([[3, 5, 7, 2, 9], [4, 4, 1, 8, 6]])
    padded = F.pad(ids, (0, n_padding), value=11)  # a real word: only the mask tells that it is padding
    mask = F.pad(torch.ones_like(ids), (0, n_padding))
    alone, together = model(ids), model(padded, attention_mask=mask)
    assert_near(together.last_hidden_state[:, :5], alone.last_hidden_state, 1e-6)
    assert_near(together.pooler_output, alone.pooler_output, 1e-6)
    assert together.last_hidden_state.isfinite().all()


def test_a_row_of_padding_alone_stays_finite() -> None:
    hidden = tiny_model()(torch.zeros(2, 4, dtype=torch.long), attention_mask=torch.tensor([[1, 1, 0, 0], [0] * 4]))
    assert hidden.last_hidden_state.isfinite().all()


def test_order_of_words_matters() -> None:
    model = tiny_model()
    forwards, backwards = model(torch.tensor([[3, 5, 7, 2]])), model(torch.tensor([[2, 7, 5, 3]]))
    assert (forwards.last_hidden_state - backwards.last_hidden_state.flip(1)).abs().max() > 0.01


def test_texts_may_be_longer_than_max_position_embeddings() -> None:
    torch.manual_seed(0)
    model = NezhaModel(NezhaConfig(**TINY, max_position_embeddings=4))
    assert model(torch.ones(1, 40, dtype=torch.long)).last_hidden_state.shape == (1, 40, 8)


def test_token_types_are_0_by_default() -> None:
    model = tiny_model()
    ids = torch.tensor([[3, 5, 7], [4, 4, 1]])
    weight = model.embeddings.token_type_embeddings.weight
    gradients = []
    for token_types in (None, torch.zeros_like(ids)):
        hidden = model(ids, token_type_ids=token_types).last_hidden_state
        gradients.append(torch.autograd.grad(hidden[:, 0].sum(), weight)[0])
    assert_near(gradients[0], gradients[1], 1e-6)
    other = model(ids, token_type_ids=torch.ones_like(ids)).last_hidden_state
    assert not torch.allclose(hidden, other)


def test_inputs_embeds_take_the_place_of_ids() -> None:
    model = tiny_model()
    ids = torch.tensor([[3, 5, 7]])
    embeds = model.get_input_embeddings()(ids)
    assert torch.equal(model(inputs_embeds=embeds).last_hidden_state, model(ids).last_hidden_state)
    model(ids).pooler_output.sum().backward()
    assert model.get_input_embeddings().weight.grad is not None
    with pytest.raises(ValueError, match="exactly one"):
        model(ids, inputs_embeds=embeds)
    with pytest.raises(ValueError, match="exactly one"):
        model()


def test_return_dict_and_hidden_states_on_demand() -> None:
    model = tiny_model()
    ids = torch.tensor([[3, 5, 7]])
    assert model(ids).hidden_states is None
    assert len(model(ids, output_hidden_states=True).hidden_states) == 3
    last, pooled = model(ids, return_dict=False)
    assert torch.equal(last, model(ids).last_hidden_state)
    assert torch.equal(pooled, model(ids).pooler_output)


def test_autocast_is_close_and_trains() -> None:
    torch.manual_seed(0)
    model = NezhaForMaskedLM(NezhaConfig(**TINY | {"initializer_range": 0.1})).eval()
    ids = torch.tensor([[3, 5, 7, 2, 0], [4, 4, 1, 8, 6]])
    mask = (ids > 0).long()
    exact = model(ids, attention_mask=mask).logits
    with torch.autocast("cpu", torch.bfloat16):
        output = model.train()(ids, attention_mask=mask, labels=ids)
        assert_near(model.eval()(ids, attention_mask=mask).logits.float(), exact, 0.05)
    output.loss.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


# --- masked language model ------------------------------------------------------------------------


def test_loss_is_the_mean_over_masked_tokens() -> None:
    torch.manual_seed(0)
    model = NezhaForMaskedLM(NezhaConfig(**TINY)).eval()
    labels = torch.tensor([[-100, 5, -100], [4, -100, -100]])
    output = model(torch.tensor([[3, 1, 7], [1, 4, 2]]), labels=labels)
    log_probs = output.logits.log_softmax(-1)
    assert_near(output.loss, -(log_probs[0, 1, 5] + log_probs[1, 0, 4]) / 2)


def assert_tied(model: NezhaForMaskedLM) -> None:
    predictions = model.cls.predictions
    assert predictions.decoder.weight is model.get_input_embeddings().weight
    assert predictions.decoder.bias is predictions.bias


@pytest.mark.parametrize("new_size", [20, 9])
def test_decoder_stays_tied_through_loading_and_resizing(tmp_path: Path, new_size: int) -> None:
    torch.manual_seed(0)
    model = NezhaForMaskedLM(NezhaConfig(**TINY)).eval()
    model.cls.predictions.bias.data.normal_()
    assert_tied(model)
    ids = torch.tensor([[3, 5, 7]])
    kept = min(new_size, TINY["vocab_size"])
    before = model(ids).logits[..., :kept]

    model.resize_token_embeddings(new_size)
    assert_tied(model)
    assert model.config.vocab_size == new_size
    assert model(ids).logits.shape[-1] == new_size
    assert_near(model(ids).logits[..., :kept], before, 1e-6)

    model.save_pretrained(tmp_path)
    loaded = AutoModelForMaskedLM.from_pretrained(tmp_path)
    assert_tied(loaded)
    assert torch.equal(loaded(ids).logits, model(ids).logits)


# --- mistakes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [NezhaModel, NezhaForMaskedLM])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_attention_heads": 3}, "hidden_size 8 with num_attention_heads 3 gives heads of 2.66667 units"),
        ({"num_attention_heads": 8}, "gives heads of 1 units; a head's size must be an even"),
        ({"max_relative_position": 0}, "max_relative_position is 0; it must be 1 or more"),
        ({"use_relative_position": False}, "a plain BERT"),
    ],
)
def test_impossible_configs_are_refused(
    make: Callable[[NezhaConfig], object], change: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        make(NezhaConfig(**TINY | change))
