"""The contents of a report: plain values, filled by the stage and drawn by `html` and `markdown`."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.submission import LedgerEntry


@dataclass(frozen=True)
class Candidate:
    """A row of the leaderboard: a member or a fusion, with one way of finding class weights."""

    name: str  # 'nezha-dice', 'vote-rank', ...
    kind: str  # 'member' | 'external' | 'fusion'
    weights: str  # the method of class weights: 'none', 'nelder_mead', ...
    oof: float  # macro-F1 on the pooled OOF predictions, tuned on all rows
    nested: float  # macro-F1, everything tuned without the fold that is scored
    interval: tuple[float, float]  # 95 % bootstrap interval of `nested`
    fold_scores: list[float]  # macro-F1 of each fold, nested
    hidden: float | None  # macro-F1 on the hidden test labels, where an answer key exists
    chosen: bool  # the pair that the submission was made with
    note: str  # e.g. 'selected on its own fold'; empty for none
    tuned: bool  # whether the method of class weights takes anything from labels


@dataclass(frozen=True)
class Curve:
    """A training run's values over its optimiser steps; NaN where a value was not measured at a step."""

    steps: list[int]
    loss: list[float]
    macro_f1: list[float] | None = None
    held_out_loss: list[float] | None = None
    planned_steps: int | None = None  # where training may stop early, and keeps the weights of the lowest held-out loss


@dataclass(frozen=True)
class Difference:
    """The nested macro-F1 of the chosen pair minus that of another, paired on the same rows."""

    name: str
    weights: str
    difference: float
    low: float  # 95 % bootstrap interval
    high: float


@dataclass(frozen=True)
class Contents:
    """Everything that the report shows. A part that is empty or None leaves its section out.

    C classes, M members. Raises ValueError where lengths or shapes disagree, or where not exactly one
    candidate is chosen.
    """

    competition: str
    labels: list[str]  # [C], the order of every per-class list and of `confusion`
    label_counts: list[int]  # [C], training rows
    candidates: list[Candidate]
    gain: dict[str, float] | None  # difference, low, high: best ensemble minus best member, nested, paired
    gain_names: tuple[str, str] | None  # (ensemble, member) that `gain` compares
    confusion: NDArray[np.int64]  # [C, C], rows true, columns predicted, the chosen pair's nested predictions
    f1_before: list[float]  # [C], the chosen candidate without class weights
    f1_after: list[float]  # [C], with them
    class_weights: list[float]  # [C]
    member_names: list[str]  # [M]
    agreement: NDArray[np.float64]  # [M, M], share of equal predictions
    correlation: NDArray[np.float64]  # [M, M], of the probabilities
    curves: dict[str, dict[str, Curve]]  # fine-tuning: member -> 'fold-0' -> curve
    mlm_curves: dict[str, Curve]  # 'pretrain tiny-bert', 'post-train tiny-bert' -> curve
    alignment: dict[str, dict[str, object]]  # encoder -> the report of align_vocab
    data: dict[str, object]  # reports/data.json
    warnings: list[str]
    submission: dict[str, object]  # rows, label_histogram: list of (label, count), sha256, path
    manifest: dict[str, str]  # what was read -> its hash
    label_groups: list[str] | None = None  # [C], level 1 of each label: blocks in the confusion matrix
    double_fault: NDArray[np.float64] | None = None  # [M, M], share of rows that both get wrong
    member_gains: dict[str, float] | None = None  # member -> nested score of `gains_rule` with it, minus without
    gains_rule: str = ""
    selection: dict[str, float] | None = None  # nested, low, high: of the choice between all candidates
    chosen_against: tuple[Difference, ...] = ()  # the chosen pair minus each of the other first ones
    ledger: tuple[LedgerEntry, ...] = ()  # submissions that a board has scored

    def __post_init__(self) -> None:
        n_classes, n_members = len(self.labels), len(self.member_names)
        for name, length in (
            ("label_counts", len(self.label_counts)),
            ("f1_before", len(self.f1_before)),
            ("f1_after", len(self.f1_after)),
            ("class_weights", len(self.class_weights)),
            ("label_groups", n_classes if self.label_groups is None else len(self.label_groups)),
        ):
            if length != n_classes:
                raise ValueError(f"{name} has {length} values for {n_classes} labels")
        for name, matrix, side in (
            ("confusion", self.confusion, n_classes),
            ("agreement", self.agreement, n_members),
            ("correlation", self.correlation, n_members),
        ):
            if matrix.shape != (side, side):
                raise ValueError(f"{name} has shape {matrix.shape}, expected {(side, side)}")
        n_chosen = sum(candidate.chosen for candidate in self.candidates)
        if n_chosen != 1:
            raise ValueError(f"exactly one candidate must be chosen, got {n_chosen}")

    @property
    def chosen(self) -> Candidate:
        """The candidate that the submission was made with."""
        return next(candidate for candidate in self.candidates if candidate.chosen)
