"""Chinese words by jieba, with words of the user's and of the corpus, and hashtags as words."""

import logging
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypedDict

from pipeline.artifacts.atomic import write_json
from pipeline.text.social_media import HASHTAG
from pipeline.words.dictionary import Entry, read_dictionary, write_dictionary
from pipeline.words.new_words import find_new_words, write_new_words
from pipeline.words.segmenter import FILE, Segmenter, join_words


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


DICTIONARY, NEW_WORDS_TABLE = "dictionary.txt", "new_words.tsv"


class NewWords(TypedDict):
    """The conditions under which a string of the corpus is a new word; see `find_new_words`."""

    min_count: int
    min_pmi: float
    min_entropy: float
    max_length: int


def jieba_words(
    texts: Sequence[str], *, dictionary: str | None, new_words: NewWords | None, hashtags: bool
) -> Segmenter:
    """Make a segmenter by jieba (https://github.com/fxsjy/jieba, MIT) with jieba's own dictionary and HMM.

    Its words are joined by `dictionary`'s, a file that `read_dictionary` reads, and with `new_words` by those that are
    found in `texts`. With `hashtags` the inside of a hashtag is one word, whatever stands there.

    A saved segmenter is the same piece with the new words in its dictionary.
    """
    entries = read_dictionary(Path(dictionary)) if dictionary else []
    tokenizer = _tokenizer(entries)
    found = None
    if new_words is not None:
        found = find_new_words(texts, {word for word, frequency in tokenizer.FREQ.items() if frequency}, **new_words)
        entries += [_add(tokenizer, Entry(new.word, None)) for new in found]

    def split(text: str) -> list[str]:
        words: list[str] = []
        for part, is_hashtag in split_hashtags(text) if hashtags else [(text, False)]:
            if is_hashtag:
                words.append(part)
            else:
                words += [word for piece in tokenizer.cut(part) for word in piece.split()]
        return words

    def save(folder: Path) -> None:
        piece = {"name": "jieba", "dictionary": DICTIONARY, "new_words": None, "hashtags": hashtags}
        write_json(folder / FILE, piece)
        write_dictionary(folder / DICTIONARY, entries)
        if found is not None:
            write_new_words(folder / NEW_WORDS_TABLE, found)

    return Segmenter(split, join_words, save)


def _tokenizer(entries: Sequence[Entry]) -> Any:
    """Make a jieba tokenizer of our own, which shares no state with jieba's global one, with further words."""
    jieba = _import_jieba()
    tokenizer = jieba.Tokenizer()
    frequencies, tokenizer.total = _jieba_dictionary()
    tokenizer.FREQ = dict(frequencies)
    tokenizer.initialized = True
    for entry in entries:
        _add(tokenizer, entry)
    return tokenizer


@cache
def _jieba_dictionary() -> tuple[dict[str, int], int]:
    """Read the frequencies of jieba's dictionary and their sum, which takes a second.

    jieba's own loading keeps a cache in a temporary folder that all programs of the machine share; none is kept here.
    """
    tokenizer = _import_jieba().Tokenizer()
    frequencies, total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    return frequencies, total


def _import_jieba() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its regular expressions
        import jieba
    jieba.setLogLevel(logging.WARNING)
    return jieba


def _add(tokenizer: Any, entry: Entry) -> Entry:
    tokenizer.add_word(entry.word, entry.frequency)
    return entry
