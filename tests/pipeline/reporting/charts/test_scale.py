import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.reporting.charts.scale import fit_scale, round_step


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8), st.integers(2, 8))
def test_every_value_and_tick_lies_inside(values: list[float], n_ticks: int) -> None:
    scale = fit_scale(values, n_ticks)
    assert all(0 <= scale(value) <= 1 for value in values)
    assert all(-1e-9 <= scale(tick) <= 1 + 1e-9 for tick in scale.ticks)
    assert 1 <= len(scale.ticks) <= n_ticks + 1
    assert len({scale.text(tick) for tick in scale.ticks}) == len(scale.ticks)


def test_round_steps() -> None:
    assert [round_step(step) for step in (0.011, 0.02, 3.0, 0.7)] == pytest.approx([0.02, 0.02, 5, 1])


def test_ticks_by_hand() -> None:
    scale = fit_scale([0.61, 0.70], n_ticks=5, margin=0)
    assert [scale.text(tick) for tick in scale.ticks] == ["0.62", "0.64", "0.66", "0.68", "0.70"]


def test_a_range_between_two_round_values_has_finer_ticks() -> None:
    assert [scale.text(tick) for scale in [fit_scale([514815, 885186], 2)] for tick in scale.ticks] == [
        "600000",
        "800000",
    ]


def test_values_that_are_not_finite_are_left_out() -> None:
    assert fit_scale([math.nan, 1.0, math.inf, 3.0], margin=0).high == 3.0
    assert fit_scale([math.nan]).low < 0 < fit_scale([]).high
