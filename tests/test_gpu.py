"""What only a GPU can show. `python -m pytest -m gpu`; without one these skip."""

from typing import Any

import numpy as np
import pytest
import torch

from pipeline.members import neural
from pipeline.training.encoder import train_encoder

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device: owed to a machine that has one"),
]

DEVICE = "cuda:0" if torch.cuda.is_available() else "cpu"
HELD_OUT = np.arange(0, 60, 4)
TRAIN = np.setdiff1d(np.arange(60), HELD_OUT)
RECIPE: dict[str, Any] = {
    "max_length": 16,
    "pooler": {"name": "dynamic_routing", "capsules": 4, "iterations": 3},
    "dropout": 0.1,
    "head": {"samples": 4, "reduce": "sum", "p": 0.2},
    "loss": {"name": "dice", "alpha": 0.3, "smooth": 1.0, "squared_denominator": True},
    "class_weights": "sqrt_balanced",
    "contrastive": {"loss": {"name": "supcon", "temperature": 0.5}, "weight": 0.1, "on": "samples_and_classes"},
    "epochs": 8,
    "batch_size": 8,
    "learning_rate": {"embeddings": 0.01, "encoder": 0.01, "head": 0.01},
    "warmup_ratio": 0.1,
    "weight_decay": 0.01,
    "clip": 1.0,
    "early_stop": {"on": "never", "share": 0.2, "patience": 2},
    "seed": 0,
}


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("architecture", ["bert", "nezha"])
def test_a_fold_trains_and_its_saved_weights_predict_the_same_on_the_cpu(
    architecture, precision, tiny_checkpoint, short_texts, short_labels, tmp_path
):
    source, recipe = tiny_checkpoint(architecture), RECIPE | {"precision": precision}
    features = neural.featurize(source, short_texts, recipe)
    fold = neural.train_fold(source, features, short_labels, TRAIN, HELD_OUT, 3, recipe, DEVICE, "x fold 0")
    assert fold.history["loss"].iloc[-1] < fold.history["loss"].iloc[0]
    neural.save_shared(source, tmp_path / "shared")
    fold.save(tmp_path)
    logits = neural.predict(tmp_path / "shared", tmp_path, features, 3, recipe, "cpu")
    np.testing.assert_allclose(logits[HELD_OUT], fold.logits, atol=2e-3)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
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
        "masking": {"name": "ngram", "probabilities": [0.5, 0.5]},
        "mlm_probability": 0.15,
        "held_out": 0.1,
        "evaluate_every": 10,
        "early_stop": None,
    }
    folder, scratch = tmp_path / "encoder", tmp_path / "scratch"
    folder.mkdir()
    model = AutoModelForMaskedLM.from_pretrained(tiny_checkpoint("nezha"))
    curve = train_encoder(
        model, tiny_tokenizer, short_texts, folder, scratch, settings,
        precision=precision, device=DEVICE, seed=0, what="x",
    )  # fmt: skip
    assert curve["loss"].iloc[-1] < curve["loss"].iloc[0]
    assert (folder / "step-20/model.safetensors").exists()
