"""Names of people and the chains of `//@name:` that Weibo writes when a post is passed on."""

import re

# Weibo's names: letters of any script, digits, `_` and `-`, at most 30 half-widths, so 15 Chinese characters.
# In `@招商银行我只是想改个电话号码而已` the name has no end; what is too long for a name is left alone.
NAME = r"(?:[A-Za-z0-9_-]{1,30}|[\w-]{1,15})(?![\w-])"

# A letter or digit before the `@` and a dot after it make an e-mail address.
NOT_EMAIL = r"(?!(?<=[A-Za-z0-9._-])@[A-Za-z0-9-]+[.,][A-Za-z])"

ANSWER = r"(?:回复|回覆)@[^\s@:：/，。！？]{1,30}(?:\s?的表态)?\s?[:：]"  # 回复@name: and 回复@name 的表态:
PASSED_ON = r"(?<!/)/++@[^\s@:：/，。！？]{1,30}\s?[:：]"  # //@name: and its misprint /@name:
CUT_OFF = rf"(?<!/)//++@(?:{NAME})?"  # //@na at the end, where the post was cut
PLAIN = rf"{NOT_EMAIL}@{NAME}(?:\s?[:：](?!//))?"

REPLIES = re.compile(rf"(?:(?:{ANSWER}|{PASSED_ON}|{CUT_OFF})\s*)+")
CHAIN = re.compile(rf"(?:(?:{ANSWER}|{PASSED_ON}|{CUT_OFF}|{PLAIN})\s*)+")


def reply_chains_to_at(text: str) -> str:
    """Make each run of `回复@name:` and `//@name:` one `@`, followed by a space; other `@name`s stay.

    `赞//@Lan://@Wei:谢@Tao` → `赞@ 谢@Tao`: that somebody else is speaking is kept, who it is goes.
    """
    return _to_at(REPLIES, text)


def mentions_to_at(text: str) -> str:
    """Make each run of `回复@name:`, `//@name:` and `@name` one `@`, followed by a space.

    E-mail addresses stay, and so do names that run on into the text and have no end.
    """
    return _to_at(CHAIN, text)


def _to_at(chains: re.Pattern[str], text: str) -> str:
    if "@" not in text:
        return text
    return chains.sub(lambda chain: "@" if chain.end() == len(text) else "@ ", text)
