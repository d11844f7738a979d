"""Linear scales and round tick values."""

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """A linear scale from low..high to 0..1, with the round values to mark."""

    low: float
    high: float
    ticks: list[float]
    digits: int  # decimals that tell the ticks apart

    def __call__(self, value: float) -> float:
        """Return the position of a value; below 0 or above 1 outside the scale."""
        return (value - self.low) / (self.high - self.low)

    def text(self, tick: float) -> str:
        """Write a tick as the axis shows it."""
        return f"{tick:.{self.digits}f}"


def fit_scale(values: Iterable[float], n_ticks: int = 4, margin: float = 0.04) -> Scale:
    """Make a scale that holds all finite values with `margin` of the range on both sides."""
    finite = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    if high - low < 1e-9:
        low, high = low - 0.05, high + 0.05
    pad = margin * (high - low)
    low, high = low - pad, high + pad
    step = round_step((high - low) / n_ticks)
    if math.ceil(low / step) > math.floor(high / step):  # the range lies between two marks
        step = round_step(step / 2.5)
    first, last = math.ceil(low / step), math.floor(high / step)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    return Scale(low, high, [k * step for k in range(first, last + 1)], digits)


def round_step(step: float) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten that is not below `step`."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))
