"""A classifier small enough to train in milliseconds, and its settings."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pipeline.data.batches import TokenizedTexts, pack
from pipeline.losses.row_losses import CrossEntropyLoss
from pipeline.models.classifier import TextClassifier
from pipeline.models.heads import ClassificationHead
from pipeline.models.layers import LastLayer
from pipeline.models.poolers import MeanPooler
from pipeline.training.loop import Scores
from pipeline.training.objective import Objective
from pipeline.training.samplers import shuffle
from pipeline.training.schedules import linear
from pipeline.training.settings import TrainingSettings

N, V, H = 24, 20, 8


class BagOfWords(nn.Module):
    """The smallest encoder: an embedding under dropout, so that training draws random numbers, and one layer."""

    def __init__(self) -> None:
        super().__init__()
        self.embeddings = nn.Embedding(V, H)
        self.dropout = nn.Dropout(0.2)
        self.layer = nn.ModuleList([nn.Linear(H, H)])

    def get_input_embeddings(self) -> nn.Embedding:
        return self.embeddings

    def set_input_embeddings(self, value: nn.Module) -> None:
        self.embeddings = value

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Any:
        states = self.dropout(self.embeddings(input_ids))
        return SimpleNamespace(last_hidden_state=states + torch.tanh(self.layer[0](states)))


@pytest.fixture
def texts() -> TokenizedTexts:
    """24 texts of 2 to 8 tokens."""
    return pack([np.random.default_rng(i).integers(5, V, 2 + i % 7).tolist() for i in range(N)], 0)


@pytest.fixture
def labels() -> np.ndarray:
    return np.arange(N) % 3


@pytest.fixture
def rows() -> np.ndarray:
    """21 of the 24."""
    return np.arange(3, N)


@pytest.fixture
def make_classifier() -> Callable[..., TextClassifier]:
    def make(dropout: bool = True) -> TextClassifier:
        torch.manual_seed(0)
        head = ClassificationHead(H, 3, samples=2, reduce="mean", p=0.1)
        model = TextClassifier(BagOfWords(), LastLayer(H, 1), [], [MeanPooler(H)], "sum", head)
        if not dropout:
            for module in model.modules():
                if isinstance(module, nn.Dropout):
                    module.p = 0.0
        return model

    return make


@pytest.fixture
def settings() -> Callable[..., TrainingSettings]:
    """Three epochs in batches of 8, with cross-entropy alone; `settings(epochs=1, loss=…)` changes them.

    Classes weigh 1, 2, 3, so that parts of a batch count by more than their rows.
    """
    plain = TrainingSettings(
        objective=Objective(CrossEntropyLoss(label_smoothing=0.0), torch.tensor([1.0, 2.0, 3.0])),
        adversarial=None,
        averaging=None,
        sampler=shuffle,
        course=linear,
        epochs=3,
        batch_size=8,
        accumulate=1,
        learning_rate={"embeddings": 0.05, "encoder": 0.05, "head": 0.05},
        layer_decay=1.0,
        unfreeze_every=None,
        warmup_ratio=0.1,
        weight_decay=0.01,
        clip=1.0,
        evaluate_every=None,
        keep_best=None,
    )
    of_objective = set(Objective.__dataclass_fields__)

    def make(**changes: Any) -> TrainingSettings:
        terms = {key: value for key, value in changes.items() if key in of_objective}
        rest = {key: value for key, value in changes.items() if key not in of_objective}
        return replace(plain, objective=replace(plain.objective, **terms), **rest)

    return make


@pytest.fixture
def constant_scores() -> Callable[[Any], Scores]:
    return lambda model: Scores(0.25, 0.5, 1.0)
