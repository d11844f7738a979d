"""Hashtags as words: `#话题#` as on Weibo, `#topic` as elsewhere."""

from pipeline.text.social_media import HASHTAG


def split_hashtags(text: str) -> list[tuple[str, bool]]:
    """Cut a text at its hashtags: → (part, whether it is the inside of a hashtag), in order, empty parts left out.

    The marks stand in the parts outside. White space inside a hashtag becomes `_`, so that it stays one word.
    """
    parts: list[tuple[str, bool]] = []
    end = 0
    for match in HASHTAG.finditer(text):
        start = match.start() + 1
        stop = match.end() - 1 if match[1] else match.end()
        parts += [(text[end:start], False), ("_".join(text[start:stop].split()), True)]
        end = stop
    return [part for part in [*parts, (text[end:], False)] if part[0]]
