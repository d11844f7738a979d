"""The leaderboard's rows: candidates in order, with the figures that their scores give."""

import math
from dataclasses import dataclass

import numpy as np

from pipeline.reporting.contents import Candidate


@dataclass(frozen=True)
class LeaderboardRow:
    """A candidate with the figures that are computed from its scores."""

    candidate: Candidate
    rank: int  # from 1
    optimism: float  # OOF minus nested: how much tuning on all rows flatters
    fold_mean: float  # NaN without fold scores
    fold_std: float  # sample standard deviation (n - 1); NaN below two folds
    represents_name: bool  # the chosen row of its name, else the name's best class weights


def leaderboard_rows(candidates: list[Candidate]) -> list[LeaderboardRow]:
    """Return rows with the best nested macro-F1 first; equal ones by name, then by class-weight method."""
    ordered = sorted(candidates, key=lambda c: (_last_if_nan(-c.nested), c.name, c.weights))
    representative: dict[str, Candidate] = {}
    for candidate in ordered:
        if candidate.chosen or candidate.name not in representative:
            representative[candidate.name] = candidate
    return [
        LeaderboardRow(
            candidate=candidate,
            rank=rank,
            optimism=candidate.oof - candidate.nested,
            fold_mean=float(np.mean(candidate.fold_scores)) if candidate.fold_scores else math.nan,
            fold_std=float(np.std(candidate.fold_scores, ddof=1)) if len(candidate.fold_scores) > 1 else math.nan,
            represents_name=representative[candidate.name] is candidate,
        )
        for rank, candidate in enumerate(ordered, start=1)
    ]


def best_member(candidates: list[Candidate]) -> Candidate | None:
    """Return the candidate with the best nested score that is no fusion; None where all are fusions."""
    rows = leaderboard_rows(candidates)
    return next((row.candidate for row in rows if row.candidate.kind != "fusion"), None)


def mean_gaps(candidates: list[Candidate]) -> tuple[float, float] | None:
    """Compute the mean distance to the hidden score, of OOF and of nested scores; None without an answer key."""
    gaps = [(abs(c.oof - c.hidden), abs(c.nested - c.hidden)) for c in candidates if c.hidden is not None]
    if not gaps:
        return None
    oof_gap, nested_gap = np.mean(gaps, axis=0)
    return float(oof_gap), float(nested_gap)


def _last_if_nan(value: float) -> float:
    return math.inf if math.isnan(value) else value
