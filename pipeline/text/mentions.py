"""Names of people and the chains of `//@name:` that Weibo writes when a post is passed on."""

import re

# Weibo's names: letters of any script, digits, `_` and `-`, at most 30 half-widths, so 15 Chinese characters.
# In `@招商银行我只是想改个电话号码而已` the name has no end; what is too long for a name is left alone.
NAME = r"(?:[A-Za-z0-9_-]{1,30}|[\w-]{1,15})(?![\w-])"

# A letter or digit before the `@` and a dot after it make an e-mail address.
NOT_EMAIL = r"(?!(?<=[A-Za-z0-9._-])@[A-Za-z0-9-]+[.,][A-Za-z])"

ANSWER = r"(?:回复|回覆)@[^\s@:：/，。！？]{1,30}(?:\s?的表态)?\s?[:：]"  # 回复@name: and 回复@name 的表态:
PASSED_ON = r"//?@[^\s@:：/，。！？]{1,30}\s?[:：]"  # //@name: and its misprint /@name:
CUT_OFF = rf"//@(?:{NAME})?"  # //@na at the end, where the post was cut
PLAIN = rf"{NOT_EMAIL}@{NAME}(?:\s?[:：](?!//))?"

CHAIN = re.compile(rf"(?:(?:{ANSWER}|{PASSED_ON}|{CUT_OFF}|{PLAIN})\s*)+")


def mentions_to_at(text: str) -> str:
    """Make each run of `回复@name:`, `//@name:` and `@name` one `@`, followed by a space.

    `赞//@Lan://@Wei:加油` → `赞@ 加油`: that somebody else is speaking is kept, who it is goes. E-mail
    addresses stay.
    """
    return CHAIN.sub(lambda chain: "@" if chain.end() == len(text) else "@ ", text)
