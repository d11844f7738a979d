"""What only a GPU can show. `python -m pytest -m gpu`; without one these skip."""

import os
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray

from pipeline import registry
from pipeline.data.labels import make_label_set
from pipeline.members.kind import FoldModel, Run
from pipeline.members.neural import kind as neural
from pipeline.members.neural.kind import Neural
from pipeline.members.rows import rows_of_competition
from pipeline.runtime.executors.executor import Job, Resources, run_all
from pipeline.runtime.executors.local import local_executor
from pipeline.training import loop
from pipeline.training.encoder import train_encoder

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device: owed to a machine that has one"),
]

DEVICE = "cuda:0" if torch.cuda.is_available() else "cpu"
CLASSES = make_label_set("abc")
PRECISIONS = pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
EVERYTHING: dict[str, Any] = {
    "poolers": ["dynamic_routing"],
    "head": {"samples": 4, "reduce": "sum", "p": 0.2},
    "loss": "dice",
    "class_weights": "sqrt_balanced",
    "contrastive": {"loss": "supcon", "weight": 0.1, "on": "samples_and_classes"},
}
# Sums on a GPU have no fixed order, and each update lets them drift; at this rate they stay within the tolerance.
SLOW = {"learning_rate": {"embeddings": 0.001, "encoder": 0.001, "head": 0.001}, "dropout": 0.3}
DRIFT = 5e-3


class Fold(NamedTuple):
    """A trained fold, and the logits of the rows that it held out."""

    model: FoldModel
    history: pd.DataFrame
    logits: NDArray[np.float32]


def train(
    source: Path,
    texts: list[str],
    labels: NDArray[np.integer],
    recipe: Any,
    device: str = DEVICE,
    fold: int = 0,
    state_file: Path | None = None,
) -> Fold:
    """One of four folds, as finetune trains it."""
    kind, recipe = Neural(), recipe.model_copy(update={"from_": str(source)})
    kind.set_up(recipe)
    features = kind.reader(source, recipe)(texts)
    rows = rows_of_competition(features, labels, CLASSES, np.arange(len(texts))[None] % 4)
    trained = kind.fit(rows, fold, recipe, Run(device, "x", state_file))
    return Fold(trained.model, trained.history, trained.model.logits(features, rows.held_out_rows(fold)))


@PRECISIONS
@pytest.mark.parametrize("architecture", ["bert", "nezha"])
def test_a_fold_trains_and_its_saved_weights_predict_the_same_on_the_cpu(
    architecture, precision, tiny_checkpoint, neural_recipe, short_texts, short_labels, tmp_path
):
    source, recipe = tiny_checkpoint(architecture), neural_recipe(precision=precision, epochs=8, **EVERYTHING)
    fold = train(source, short_texts, short_labels, recipe)
    assert fold.history["loss"].iloc[-1] < fold.history["loss"].iloc[0]
    kind = Neural()
    kind.save_shared(source, tmp_path / "shared")
    fold.model.save(tmp_path)
    features = kind.reader(tmp_path / "shared", recipe)(short_texts)
    model = kind.load(tmp_path / "shared", tmp_path, CLASSES, recipe, "cpu")
    logits = model.logits(features, np.arange(len(short_texts)))
    np.testing.assert_allclose(logits[::4], fold.logits, atol=2e-3 if precision == "fp32" else 0.05)


@PRECISIONS
def test_accelerate_computes_in_the_precision_on_the_device(
    precision, tiny_checkpoint, neural_recipe, short_texts, short_labels, monkeypatch
):
    seen = []
    real = loop.updater

    def watched(model, optimizer, accelerator, *rest):
        model.head.register_forward_hook(lambda module, inputs, output: seen.append(output))
        assert str(accelerator.device) == DEVICE
        assert accelerator.mixed_precision == {"fp32": "no"}.get(precision, precision)
        return real(model, optimizer, accelerator, *rest)

    monkeypatch.setattr(loop, "updater", watched)
    monkeypatch.setattr(neural, "predict_logits", lambda model, texts, rows, *rest: np.zeros((len(rows), 3), "f4"))
    train(tiny_checkpoint("bert"), short_texts, short_labels, neural_recipe(precision=precision, epochs=1))
    assert {str(tensor.device) for tensor in seen} == {DEVICE}
    assert {tensor.dtype for tensor in seen} == {
        {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]
    }


@pytest.mark.parametrize("family", ["adversarial", "averaging"])
def test_every_word_trains_a_fold(family, tiny_checkpoint, neural_recipe, short_texts, short_labels):
    losses = []
    for word in [None, *registry.words(family)]:
        recipe = neural_recipe(epochs=2, **{family: word})
        fold = train(tiny_checkpoint("bert"), short_texts, short_labels, recipe)
        assert np.isfinite(fold.logits).all(), word
        assert fold.history["loss"].notna().all(), word
        losses.append(fold.logits)
    plain, *others = losses
    for word, logits in zip(registry.words(family), others, strict=True):
        assert np.abs(logits - plain).max() > 1e-4, word


# Spawned processes find it by the name of this module.
def train_and_write(folder: Path, fold: int, given: tuple[Any, ...], device: str) -> None:
    """Leave a fold's logits, and who trained it where."""
    np.save(folder / f"{fold}.npy", train(*given, device, fold).logits)
    (folder / f"{fold}.txt").write_text(f"{device} {os.getpid()}")


def test_two_folds_side_by_side_on_one_device(
    tiny_checkpoint, neural_recipe, short_texts, short_labels, tmp_path, monkeypatch
):
    monkeypatch.setenv("CONCLAVE_DEVICES", f"{DEVICE},{DEVICE}")
    given = (tiny_checkpoint("bert"), short_texts, short_labels, neural_recipe(**SLOW))
    needs = Resources(1, gpu=True)
    with local_executor([needs, needs]) as executor:
        run_all(executor, [Job(train_and_write, (tmp_path, fold, given), needs, f"fold {fold}") for fold in (0, 1)])
    (device, process), (other_device, other_process) = ((tmp_path / f"{i}.txt").read_text().split() for i in (0, 1))
    assert device == other_device == DEVICE
    assert len({process, other_process, str(os.getpid())}) == 3
    for fold in (0, 1):
        alone = train(*given, DEVICE, fold)
        np.testing.assert_allclose(np.load(tmp_path / f"{fold}.npy"), alone.logits, atol=DRIFT)


class BrokenOffError(Exception):
    pass


@PRECISIONS
@pytest.mark.parametrize("averaging", [None, {"name": "ema", "decay": 0.5}], ids=["plain", "ema"])
def test_a_training_that_was_broken_off_goes_on_where_it_was(
    precision, averaging, tiny_checkpoint, neural_recipe, short_texts, short_labels, tmp_path, monkeypatch
):
    """After 9 of 12 updates: only 3 more are made, and they end where an unbroken training ends."""
    made: list[int] = []
    real = loop.updater

    def breaking(*args, after=None):
        update = real(*args)

        def counted(batch):
            if len(made) == after:
                raise BrokenOffError
            made.append(1)
            return update(batch)

        return counted

    recipe = neural_recipe(precision=precision, averaging=averaging, **SLOW)
    given = (tiny_checkpoint("bert"), short_texts, short_labels, recipe)
    monkeypatch.setattr(neural, "train_classifier", partial(loop.train_classifier, seconds_between_saves=0.0))
    monkeypatch.setattr(loop, "updater", breaking)
    whole = train(*given)
    assert len(made) == 12
    made.clear()
    monkeypatch.setattr(loop, "updater", partial(breaking, after=9))
    with pytest.raises(BrokenOffError):
        train(*given, state_file=tmp_path / "fold.state")
    made.clear()
    monkeypatch.setattr(loop, "updater", breaking)
    resumed = train(*given, state_file=tmp_path / "fold.state")
    assert len(made) == 3
    np.testing.assert_allclose(resumed.logits, whole.logits, atol=DRIFT)
    columns = ["step", "loss", "held_out_loss"]
    np.testing.assert_allclose(resumed.history[columns], whole.history[columns], atol=DRIFT)


@PRECISIONS
def test_masked_language_modelling_lowers_the_loss(precision, tiny_checkpoint, tiny_tokenizer, short_texts, tmp_path):
    from transformers import AutoModelForMaskedLM

    settings = {
        "steps": 40,
        "checkpoints": [20],
        "batch_tokens": 256,
        "max_length": 16,
        "learning_rate": 0.01,
        "warmup_ratio": 0.1,
        "weight_decay": 0.0,
        "dropout": 0.0,
        "masking": {"name": "ngram", "probabilities": [0.5, 0.5]},
        "mlm_probability": 0.15,
        "held_out": 0.1,
        "evaluate_every": 10,
        "early_stop": None,
    }
    folder, scratch = tmp_path / "encoder", tmp_path / "scratch"
    folder.mkdir()
    model = AutoModelForMaskedLM.from_pretrained(tiny_checkpoint("nezha"), dtype="float32")
    options = {"precision": precision, "device": DEVICE, "seed": 0, "what": "x"}
    curve = train_encoder(model, tiny_tokenizer, iter(short_texts), folder, scratch, settings, **options)
    assert curve["loss"].iloc[-1] < curve["loss"].iloc[0]
    assert (folder / "step-20/model.safetensors").exists()
