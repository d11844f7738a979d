"""Words that a website wrote, not the author."""

import re

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
