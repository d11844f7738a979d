"""Hashtags: `#话题#` as on Weibo, `#topic` as elsewhere."""

import re

# A pair of marks holds at most 32 characters: further apart, the marks belong to two hashtags.
HASHTAG = re.compile(r"#([^#\r\n]{1,32})#|#(\w{1,32})")


def split_hashtags(text: str) -> list[tuple[str, bool]]:
    """Cut a text at its hashtags: → (part, whether it is the inside of a hashtag), in order, empty parts left out.

    The marks stand in the parts outside. White space inside a hashtag becomes `_`, so that it stays one word.
    """
    parts: list[tuple[str, bool]] = []
    end = 0
    for match in HASHTAG.finditer(text):
        inside = "_".join((match[1] or match[2]).split())
        if not inside:
            continue
        closing = "#" if match[1] else ""
        parts += [(f"{text[end : match.start()]}#", False), (inside, True), (closing, False)]
        end = match.end()
    return [part for part in [*parts, (text[end:], False)] if part[0]]
