"""Take the prose out of a docstring and split it into words and punctuation marks."""

import re
from collections.abc import Iterator

# Headings under which a docstring goes on describing: what follows still belongs to the description.
DESCRIPTIVE_HEADINGS = frozenset({"explanation", "description", "details", "summary"})
# Headings under which there is code or a list of names, not prose.
CODE_HEADINGS = frozenset({"example", "examples", "example usage", "usage", "usage examples", "see also", "references"})

_UNDERLINE = re.compile(r"[-=~^]{3,}")
_GOOGLE_HEADING = re.compile(
    r"((keyword )?arg(ument)?s|parameters|params|inputs?|outputs?|returns?|yields?|raises|warns|attributes"
    r"|methods|shape|notes?|warnings?|see also|references?|examples?|example usage|usage):{1,2}",
    re.IGNORECASE,
)
_FIELD = re.compile(r":(param|parameter|arg|type|return|returns|rtype|raises?|keyword|ivar|cvar|var)\b[^:]*:")
_DIRECTIVE = re.compile(r"\.\. [\w-]+::.*")
_ROLE = re.compile(r":[\w-]+(:[\w-]+)?:(?=`)|(?<=`)[~.]+(?=\w)")  # also the ~ and . that shorten a link's text
_TOKEN = re.compile(r"\w+|[^\w\s]")


def tokenize(text: str) -> list[str]:
    r"""Split a text into lower-cased words (`\w+`, numbers and snake_case names too) and single punctuation marks.

    reStructuredText's markup of names is dropped: roles, backquotes, the ~ and . that shorten a link.
    """
    return _TOKEN.findall(_ROLE.sub("", text).replace("`", "").lower())


def is_word(token: str) -> bool:
    """Say whether a token of `tokenize` is a word, not a punctuation mark."""
    return token[0].isalnum() or token[0] == "_"


def description(docstring: str) -> str:
    """Return summary and description: the text before Parameters, Args, Returns …, a field list or a doctest."""
    kept = []
    for heading, line in _headed_lines(docstring):
        if heading or _FIELD.match(line) or line.startswith(">>>"):
            break
        kept.append(line)
    return "\n".join(kept)


def prose(docstring: str) -> str:
    """Return the whole docstring without examples, doctests, fenced code and directives."""
    kept = []
    in_fence = in_doctest = False
    for heading, line in _headed_lines(docstring):
        if line.startswith("```"):
            in_fence = not in_fence
            continue
        in_doctest = line.startswith(">>>") or (in_doctest and line != "")
        if not in_fence and not in_doctest and heading not in CODE_HEADINGS:
            kept.append(line)
    return "\n".join(kept)


def _headed_lines(docstring: str) -> Iterator[tuple[str, str]]:
    """Yield (heading, line) for every line but headings, their underlines and directives.

    A heading is a line with an underline (numpydoc) or a section name and a colon (Google). It is in lower
    case, and empty above the first one and below a descriptive one.
    """
    lines = [line.strip() for line in docstring.splitlines()]
    heading = ""
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if (line and _UNDERLINE.fullmatch(following)) or _GOOGLE_HEADING.fullmatch(line):
            name = line.rstrip(":").lower()
            heading = "" if name in DESCRIPTIVE_HEADINGS else name
        elif not _UNDERLINE.fullmatch(line) and not _DIRECTIVE.fullmatch(line):
            yield heading, line
