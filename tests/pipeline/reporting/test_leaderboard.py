import math
from dataclasses import replace

import pytest

from pipeline.reporting.contents import Candidate
from pipeline.reporting.leaderboard import best_member, leaderboard_rows, mean_gaps

BASE = Candidate("a", "member", "none", 0.6, 0.5, (0.4, 0.6), [0.4, 0.6], None, False, "", False)


def make(name: str, nested: float, weights: str = "none", **changes: object) -> Candidate:
    return replace(BASE, name=name, nested=nested, weights=weights, **changes)


def test_best_nested_comes_first_and_ties_go_by_name_and_weights() -> None:
    candidates = [make("b", 0.5, "w"), make("c", 0.7), make("b", 0.5), make("a", 0.5), make("d", math.nan)]
    rows = leaderboard_rows(candidates)
    assert [(row.candidate.name, row.candidate.weights) for row in rows] == [
        ("c", "none"),
        ("a", "none"),
        ("b", "none"),
        ("b", "w"),
        ("d", "none"),
    ]
    assert [row.rank for row in rows] == [1, 2, 3, 4, 5]


def test_derived_figures_by_hand() -> None:
    row = leaderboard_rows([BASE])[0]
    assert row.optimism == pytest.approx(0.1)
    assert row.fold_mean == pytest.approx(0.5)
    assert row.fold_std == pytest.approx(math.sqrt(0.02))  # (0.1² + 0.1²) / (2 - 1)


def test_fewer_than_two_folds_have_no_spread() -> None:
    one, none = leaderboard_rows([make("a", 0.5, fold_scores=[0.5]), make("b", 0.4, fold_scores=[])])
    assert (one.fold_mean, math.isnan(one.fold_std)) == (0.5, True)
    assert math.isnan(none.fold_mean)


def test_a_name_is_represented_by_its_chosen_row_else_by_its_best() -> None:
    rows = leaderboard_rows(
        [make("a", 0.9, "x"), make("a", 0.8, "y", chosen=True), make("b", 0.7, "x"), make("b", 0.6, "y")]
    )
    assert [row.represents_name for row in rows] == [False, True, True, False]


def test_best_member_is_no_fusion() -> None:
    fusion, member, external = make("f", 0.9, kind="fusion"), make("m", 0.5), make("x", 0.6, kind="external")
    assert best_member([fusion, member, external]) is external
    assert best_member([fusion]) is None


def test_mean_gaps_by_hand() -> None:
    candidates = [make("a", 0.5, hidden=0.52), make("b", 0.5, hidden=0.46), make("c", 0.1)]
    assert mean_gaps(candidates) == pytest.approx(((0.08 + 0.14) / 2, (0.02 + 0.04) / 2))
    assert mean_gaps([BASE]) is None
