"""The decision of the finished ensemble: with its members' folders, all that answering new texts takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.artifacts.atomic import atomic_folder, read_json, write_json
from pipeline.artifacts.require import require_file
from pipeline.data.labels import LabelSet, as_label_set
from pipeline.data.new_rows import RowReading, as_row_reading
from pipeline.errors import UserError
from pipeline.fusion.candidates import rule_of
from pipeline.metrics.arrays import FloatArray

SETTINGS, LABELS, ARRAYS = "decision.json", "labels.json", "arrays.npz"
WEIGHTS, STATE = "class_weights", "state."  # arrays; those of the rule's state begin so


@dataclass(frozen=True)
class Decision:
    """A decision: the chosen pair of a candidate and class weights. M members, n texts, C classes.

    Attributes:
        candidate: the rule, the ballot or the one member that was chosen.
        method: the method of the class weights.
        members: the members that were trained here, in the order in which the rule takes them.
        elsewhere: members that the candidate needs and that were trained elsewhere: they cannot read new texts.
        classes: the C classes.
        weights: the class weights [C].
        n_folds: fold models of each member.
        fusion: the part of the section `fusion` that makes the candidate.
        state: what the rule has learned, as its `dump` gives it; nothing where a member of `elsewhere` is needed.
        reading: how new rows are read and cleaned.
    """

    candidate: str
    method: str
    members: list[str]
    elsewhere: list[str]
    classes: LabelSet
    weights: FloatArray
    n_folds: int
    fusion: Mapping[str, Any]
    state: Mapping[str, Any]
    reading: RowReading

    @cached_property
    def fuse(self) -> Callable[[FloatArray], FloatArray]:
        """The function that makes scores [n, C] of the members' probabilities [M, n, C]."""
        rule = rule_of(self.candidate, self.fusion, self.members)
        state = rule.load(self.state)

        def scores(probs: FloatArray) -> FloatArray:
            return rule.apply(probs, state)

        return scores


def write_decision(folder: Path, decision: Decision) -> None:
    """Write a decision: its small parts into decision.json and labels.json, arrays into arrays.npz, without pickle."""
    is_array = {name: isinstance(value, np.ndarray) for name, value in decision.state.items()}
    settings = {
        "candidate": decision.candidate,
        "class_weights": decision.method,
        "members": decision.members,
        "elsewhere": decision.elsewhere,
        "n_folds": decision.n_folds,
        "fusion": decision.fusion,
        "state": {name: value for name, value in decision.state.items() if not is_array[name]},
        "reading": decision.reading.as_json(),
    }
    names, parents, parent_ids = decision.classes
    arrays: dict[str, Any] = {WEIGHTS: decision.weights}
    arrays |= {STATE + name: value for name, value in decision.state.items() if is_array[name]}
    with atomic_folder(folder) as made:
        write_json(made / SETTINGS, settings)
        write_json(made / LABELS, {"labels": names, "parents": parents, "parent_ids": parent_ids})
        np.savez(made / ARRAYS, **arrays)


def read_decision(folder: Path) -> Decision:
    """Read the decision that `write_decision` wrote.

    Raises UserError where a file is missing, and where the candidate needs a member that was trained elsewhere.
    """
    settings = read_json(folder / SETTINGS)
    candidate, elsewhere = settings["candidate"], settings["elsewhere"]
    if elsewhere:
        raise UserError(
            f"{folder / SETTINGS}: the chosen {candidate} needs {elsewhere[0]}, and a member that was trained "
            "elsewhere cannot read new texts; without it in params.yaml, `dvc repro` chooses again"
        )
    require_file(folder / ARRAYS)
    with np.load(folder / ARRAYS, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    return Decision(
        candidate,
        settings["class_weights"],
        settings["members"],
        elsewhere,
        as_label_set(read_json(folder / LABELS)),
        arrays.pop(WEIGHTS),
        settings["n_folds"],
        settings["fusion"],
        settings["state"] | {name.removeprefix(STATE): array for name, array in arrays.items()},
        as_row_reading(settings["reading"]),
    )
