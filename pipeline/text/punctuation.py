"""English punctuation in Chinese text."""

import re

IDEOGRAPHS = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
CHINESE = IDEOGRAPHS + "、。〈-】〔-〟！（），：；？～"  # quotation marks and dots are English too

MARKS = str.maketrans({",": "，", ".": "。", "!": "！", "?": "？", ";": "；", ":": "：", "~": "～"})
ENGLISH = "".join(map(chr, MARKS))
RUN = re.compile(
    rf"""(?:(?<=[{CHINESE}])|(?<=[{IDEOGRAPHS}]\]))[{ENGLISH}]+      # after it, or after an emoticon code: `[泪]!`
      | (?<![{ENGLISH}])[{ENGLISH}]++(?=[{CHINESE}]|\[[{IDEOGRAPHS}])
    """,
    re.VERBOSE,
)
DOTS = re.compile(r"\.{2,}")
# The last mark of a run that belongs to what follows: `百度.com`, `好:)`, `好:D`.
OF_THE_NEXT = re.compile(r"(?<!\.)\.(?=[A-Za-z0-9])|[:;](?=-?(?:[()]|[DPpOo3](?![A-Za-z0-9])))")
NUMBERED = re.compile(r"(?<=[A-Za-z0-9])\.\Z")  # `1.洗手`

BRACKETS = re.compile(rf"\(([^()]*[{IDEOGRAPHS}][^()]*)\)")
QUOTES = re.compile(r'"([^"]*)"')
IDEOGRAPH = re.compile(rf"[{IDEOGRAPHS}]")


def english_to_chinese_punctuation(text: str) -> str:
    """Turn `,.!?;:~` beside a Chinese character, and brackets and quotation marks around one, into Chinese ones.

    `好,真的(吗)...` → `好，真的（吗）……`. What stands between digits or Latin letters (`3.5`, `10:30`, `1,000`,
    `N95, 3M`, addresses) and emoticons like `:)` stay.
    """
    while (wide := BRACKETS.sub(r"（\1）", text)) != text:  # from the inner to the outer ones
        text = wide
    return RUN.sub(_chinese_run, QUOTES.sub(_chinese_quotes, text))


def _chinese_run(run: re.Match[str]) -> str:
    marks, kept = run[0], ""
    if OF_THE_NEXT.match(run.string, run.end() - 1):
        marks, kept = marks[:-1], marks[-1]
    if marks == "." and NUMBERED.match(run.string, run.start(), run.start() + 1):
        return run[0]
    return DOTS.sub("……", marks).translate(MARKS) + kept


def _chinese_quotes(quoted: re.Match[str]) -> str:
    return f"“{quoted[1]}”" if IDEOGRAPH.search(quoted[1]) else quoted[0]
