"""The same sign over and over."""

import re
from functools import cache

from pipeline.errors import UserError

# What is repeated: an emoticon code, a flag (two regional indicators), or a character with what modifies it - variation
# selector, skin tone, and what a zero-width joiner ties to it. Never a digit: `1000000` is a number.
UNIT = (
    r"\[[^\[\]]{1,40}\]|[\U0001f1e6-\U0001f1ff]{2}"
    r"|[^\d\s](?:[\ufe0f\u20e3\U0001f3fb-\U0001f3ff]|\u200d\S)*"
)


def squeeze_repeats(text: str, *, longest: int) -> str:
    """Shorten each run of the same character, emoji or `[code]` to `longest` of them; digits and white space stay.

    `好好好好好！！！！！！[泪][泪][泪][泪]` → `好好好！！！[泪][泪][泪]` with 3. Raises UserError for less than 1.
    """
    runs = _runs(longest)
    while (squeezed := runs.sub(r"\1" * longest, text)) != text:  # `[aaaa]` may become equal to its neighbour
        text = squeezed
    return text


@cache
def _runs(longest: int) -> re.Pattern[str]:
    if longest < 1:
        raise UserError(f"squeeze_repeats: longest: got {longest}, a whole number from 1 is allowed")
    return re.compile(rf"({UNIT})\1{{{longest},}}")
