"""The formats of numbers, the same in HTML and Markdown; an en dash where there is no number or no finite one."""

import math
from collections.abc import Callable

from markupsafe import Markup

MISSING = "–"
MINUS = "−"
SHARE_STARTS = ("right_of_", "matchable", "mass_")
SHARE_ENDS = ("_mass", "_share", "coverage")


def _finite(write: Callable[[float], str]) -> Callable[[float | None], str]:
    def formatted(value: float | None) -> str:
        if value is None or not math.isfinite(value):
            return MISSING
        return write(value).replace("-", MINUS)

    return formatted


def _score(value: float) -> str:
    return f"{value:.4f}"


def _signed(value: float) -> str:
    text = f"{value:+.4f}"
    return "0.0000" if float(text) == 0 else text


def _percent(value: float) -> str:
    share = 100 * value
    digits = 2 if 0 < abs(share) < 1 else 1
    return f"{share:.{digits}f} %"


def _weight(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


score = _finite(_score)  # 0.6123
signed = _finite(_signed)  # +0.0123
percent = _finite(_percent)  # 61.2 %, and 0.43 % below one
weight = _finite(_weight)  # three significant digits


def count(value: int) -> str:
    """Write a whole number with thousands separated: 14,009."""
    return f"{value:,}"


def plain(value: object) -> str:
    """Write any scalar of a JSON report as text: counts with separators, floats with four significant digits."""
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return count(value)
    if isinstance(value, float):
        return weight(value) if value.is_integer() else _finite(lambda number: f"{number:.4g}")(value)
    return str(value)


def fact(key: str, value: object) -> str:
    """Write a scalar of a JSON report: a share, known by its key, as a percentage, else as `plain` does."""
    is_share = key.startswith(SHARE_STARTS) or key.endswith(SHARE_ENDS)
    return percent(value) if is_share and isinstance(value, float) else plain(value)


def words(key: str) -> str:
    """Write a JSON key as words: 'n_tokens' -> 'n tokens'."""
    return key.replace("_", " ")


def breakable(name: str) -> Markup:
    """Write a name as HTML that may break after an underscore, for narrow screens."""
    return Markup("_<wbr>").join(name.split("_"))
