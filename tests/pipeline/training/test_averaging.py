"""Averages of a weight that goes through known values, against sums by hand."""

import pytest
import torch
from torch import nn

from pipeline.training.averaging import ema, swa


class OneWeight(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))


def run(make_average, values):
    """The average after each value, None before anything joined; a second copy of the weight is left alone."""
    model = OneWeight()
    average = make_average(model, len(values))
    averages = []
    for step, value in enumerate(values, 1):
        model.weight.data.fill_(value)
        if average.joins(step):
            average.model.update_parameters(model)
        averages.append(average.model.module.weight.item() if average.model.n_averaged else None)
        assert model.weight.item() == value
    return averages


@pytest.mark.parametrize(
    ("start", "every", "expected"),
    [
        (0.5, 1, [None, None, None, None, 5, 5.5, 6, 6.5]),
        (0.5, 2, [None, None, None, None, 5, 5, 6, 6]),
        (0.0, 1, [1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5]),
        (1.0, 1, [None] * 7 + [8]),
    ],
)
def test_swa_is_the_mean_over_the_end(start, every, expected):
    values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
    got = run(lambda model, total: swa(model, total, start=start, every=every), values)
    assert got == pytest.approx(expected)


def test_ema_by_hand():
    values = [1.0, 4.0, -2.0, 8.0, 3.0]
    average, expected = values[0], [values[0]]
    for n, value in enumerate(values[1:], 1):
        keep = min(0.3, (1 + n) / (10 + n))  # 2/11, 3/12, 4/13 above 0.3
        average = keep * average + (1 - keep) * value
        expected.append(average)
    assert run(lambda model, total: ema(model, total, decay=0.3), values) == pytest.approx(expected, rel=1e-5)


def test_ema_forgets_the_start_of_a_short_training():
    """With a plain decay of 0.999 the average of 50 steps would still be 95 % of the first weight."""
    averages = run(lambda model, total: ema(model, total, decay=0.999), [1.0] + [0.0] * 49)
    assert averages[-1] < 1e-6
