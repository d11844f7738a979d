"""Weibo's and WeChat's own emoticons, written as a word in brackets: `[泪]`, `[doge]`."""

import re

# One word of at most 10 letters and digits, so hardly ever an author's bracket. `[12]` is a footnote or an anonymised
# number, `[URL]` what `urls_to_token` wrote.
CODE = re.compile(r"\[(?!\d+\]|URL\]|url\])(\w{1,10})\]")


def open_bracket_codes(text: str) -> str:
    """Drop the brackets of emoticon codes and keep the words, with a space on either side: `好[泪]` → `好 泪 `."""
    return CODE.sub(r" \1 ", text)


def drop_bracket_codes(text: str) -> str:
    """Put a space in place of each emoticon code."""
    return CODE.sub(" ", text)
