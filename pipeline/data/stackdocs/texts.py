"""Text without labels: whole docstrings, for pretraining and post-training."""

from collections.abc import Collection, Iterable

from pipeline.data.stackdocs.docstrings import Docstring
from pipeline.data.stackdocs.prose import description, is_word, prose, tokenize
from pipeline.data.stackdocs.rows import MIN_WORDS, Tokens


def collect_texts(docstrings: Iterable[Docstring], taken: Collection[Tokens], max_tokens: int) -> list[Tokens]:
    """Collect the distinct prose of docstrings, in order of first appearance.

    Texts with fewer than 8 words are dropped, and copies of the competition's: where the first `max_tokens`
    tokens of the description are in `taken`.
    """
    texts: dict[Tokens, None] = {}
    for docstring in docstrings:
        tokens = tuple(tokenize(prose(docstring.text)))
        is_copy = tuple(tokenize(description(docstring.text))[:max_tokens]) in taken
        if not is_copy and sum(map(is_word, tokens)) >= MIN_WORDS:
            texts[tokens] = None
    return list(texts)
