"""What posts hold beside their words: addresses, mentions, a website's own words, hashtags, codes of emoticons."""

import re

TOKEN = "[URL]"

# Only ASCII belongs to an address, because posts go on in Chinese without a space
# (`http://t.cn/A6PLL037武汉`). It ends before the next address, before `//@name` (the post that is passed
# on), before a `[emoji]` code and before a full stop or a closing sign that belongs to the sentence. A `#`
# counts only before ASCII: `…/A6v#topic#`, an `@` only as the beginning of a part: `…/@name/`.
ADDRESS = re.compile(
    r"""(?:https?://|(?<![A-Za-z0-9./@])www\.)
        (?:(?!https?://|//@)(?:[A-Za-z0-9\-._~:/?!$&'()*+,;=%]|\#(?=[A-Za-z0-9!/])|(?<=[^/]/)@(?=[A-Za-z0-9])))+
        (?<![.,;:!?'"()])""",
    re.VERBOSE | re.IGNORECASE,
)


def urls_to_token(text: str) -> str:
    """Put `[URL]` in place of each web address that begins with `http://`, `https://` or `www.`.

    That there was a link often tells something (news, advertising), where it led hardly ever does. Goes
    before `mentions_to_at`, because an address may hold an `@`, and after `lower_case`.
    """
    return ADDRESS.sub(TOKEN, text)


def drop_urls(text: str) -> str:
    """Put a space in place of each web address, addresses being those of `urls_to_token`."""
    return ADDRESS.sub(" ", text)


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


# The lone letters O, L, c, d are Weibo's icons (link, video, unfold, fold) as they come out when a page is
# copied.
PHRASES = re.compile(
    r"""转发微博 | 轉發微博
      | (?<![A-Za-z])O?(?:网页链接|網頁鏈接)
      | (?:展开|展開)全文(?:c(?![A-Za-z]))?
      | 收起全文(?:d(?![A-Za-z]))?
      | 查看图片
      | (?<!\S)L\S{1,30}的(?:微博|秒拍)视频
      | 秒拍视频
      | ^分享图片
      | (?:\.{3}|…)全文$
    """,
    re.VERBOSE,
)


def strip_boilerplate(text: str) -> str:
    """Remove Weibo's own words: 转发微博, 网页链接, 展开全文, 查看图片, `L…的微博视频` and the like.

    分享图片 goes at the start of a text alone, and 全文 only after three dots at its end: elsewhere they are
    the author's. A text that was nothing else becomes empty.
    """
    while (stripped := PHRASES.sub("", text)) != text:  # `…全文` may come to stand at the end
        text = stripped
    return text


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


# One word of at most 10 letters and digits, so hardly ever an author's bracket. `[12]` is a footnote or an anonymised
# number, `[URL]` what `urls_to_token` wrote.
CODE = re.compile(r"\[(?!\d+\]|URL\]|url\])(\w{1,10})\]")


def open_bracket_codes(text: str) -> str:
    """Drop the brackets of emoticon codes and keep the words, with a space on either side: `好[泪]` → `好 泪 `."""
    return CODE.sub(r" \1 ", text)


def drop_bracket_codes(text: str) -> str:
    """Put a space in place of each emoticon code."""
    return CODE.sub(" ", text)
