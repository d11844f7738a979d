"""Web addresses."""

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
    """Put a space in place of each web address; else as `urls_to_token`."""
    return ADDRESS.sub(" ", text)
