"""The interface of a kind of member: one object with the same methods, whatever model the kind trains."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline import registry
from pipeline.data.labels import LabelSet
from pipeline.members.rows import TrainingRows
from pipeline.metrics import macro_f1, negative_log_likelihood
from pipeline.runtime.executors.executor import Resources


class FoldModel(Protocol):
    """The trained model of one fold."""

    def logits(self, features: Any, rows: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return the logits [n, C] of the rows [n] of features, in the order of `rows`."""

    def save(self, folder: Path) -> None:
        """Write the files that `MemberKind.load` reads into an empty folder."""


@dataclass(frozen=True)
class TrainedFold:
    """The result of training one fold: its model and its learning curve.

    Attributes:
        model: the trained fold.
        history: one row per evaluation: step, loss, macro_f1 on the rows that were evaluated.
    """

    model: FoldModel
    history: pd.DataFrame


def evaluated_once(step: int, logits: NDArray[np.floating], label_ids: NDArray[np.integer]) -> pd.DataFrame:
    """Return the history of a training that is evaluated once, at its end: logits [n, C], labels [n]."""
    score = macro_f1(label_ids, logits.argmax(axis=1), logits.shape[1])
    loss = negative_log_likelihood(logits, label_ids)
    return pd.DataFrame({"step": [step], "loss": [round(loss, 6)], "macro_f1": [round(score, 6)]})


@dataclass(frozen=True)
class Run:
    """The circumstances of one fold's training: its device, its name for people and the file of its state.

    Attributes:
        device: where the fold is trained.
        what: the run's name for people: `bert-ce fold 3`.
        state_file: where a kind that trains for long keeps its state, to go on after a kill; None: nowhere.
    """

    device: str
    what: str
    state_file: Path | None = None


class MemberKind(Protocol):
    """A kind of member. `recipe` is always one of the kind's own `Recipe`.

    A kind is a word of the registry's `kinds`, and lies in a folder of its own beside its recipe.
    """

    def set_up(self, recipe: Any) -> None:
        """Set this process's threads and seeds; called before each fold: the fold before may be another member's."""

    def resources(self, recipe: Any) -> Resources:
        """Return the resources that a fold needs to be trained or to predict."""

    def reader(self, source: Path, recipe: Any) -> Callable[[Sequence[str]], Any]:
        """Return a function that makes features of N texts, all texts at once or some.

        `source` is the recipe's `from`, or the folder that `save_shared` wrote of that.
        """

    def fit(self, rows: TrainingRows[Any], fold: int, recipe: Any, run: Run) -> TrainedFold:
        """Train a fold on the rows that it may train on, and their copies; the rows that it holds out have no say.

        The same rows, recipe and instruction set give the same bytes, also where a training that was killed goes on
        from the run's state file.
        """

    def save_shared(self, source: Path, folder: Path) -> None:
        """Write what all folds of a member need besides their own weights into a new folder."""

    def load(self, shared: Path, folder: Path, classes: LabelSet, recipe: Any, device: str) -> FoldModel:
        """Return a fold that `FoldModel.save` wrote, ready on the device."""


def load_kind(kind: str) -> MemberKind:
    """Return the object behind a word of `kinds`; importing it may import torch."""
    found: MemberKind = registry.load("kinds", kind)()
    return found
