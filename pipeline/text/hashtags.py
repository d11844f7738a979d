"""Hashtags: Weibo's `#two marks#` and everybody else's `#one`."""

import re

# Topics stand one after the other without a gap, `#a##b#`, and are at most 32 characters long: what is longer is the
# text between two of them, and so is what begins or ends with a space.
TOPIC = r"[#＃]([^\s#＃](?:[^\n#＃]{0,30}[^\s#＃])?)[#＃]"

# `#1` is a number; `C#`, `&#39;` and `page.html#part` are none. Chinese may run on after a mark that was never closed:
# what is too long for a word is left alone.
TAG = r"(?<![A-Za-z0-9_&/])[#＃](?=\w*[^\W\d])([A-Za-z0-9_]{1,50}|\w{1,15})(?!\w)"

HASHTAG = re.compile(f"{TOPIC}|{TAG}")


def open_hashtags(text: str) -> str:
    """Drop the marks of hashtags and keep the words, with a space on either side: `#武汉加油#冲` → ` 武汉加油 冲`."""
    return HASHTAG.sub(lambda tag: f" {tag[1] or tag[2]} ", text)


def drop_hashtags(text: str) -> str:
    """Put a space in place of each hashtag. A text that was nothing else becomes empty."""
    return HASHTAG.sub(" ", text)
