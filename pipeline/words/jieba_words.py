"""Chinese words by jieba, with words of the user's and of the corpus."""

import logging
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypedDict

from pipeline.artifacts.atomic import write_json
from pipeline.words.dictionary import Entry, read_dictionary, write_dictionary
from pipeline.words.hashtags import split_hashtags
from pipeline.words.new_words import find_new_words, write_new_words
from pipeline.words.segmenter import FILE, Segmenter
from pipeline.words.unspaced import join_words

DICTIONARY, NEW_WORDS_TABLE = "dictionary.txt", "new_words.tsv"


class NewWords(TypedDict):
    """When a string of the corpus is a new word; see `find_new_words`."""

    min_count: int
    min_pmi: float
    min_entropy: float
    max_length: int


def jieba_words(
    texts: Sequence[str], *, dictionary: str | None, new_words: NewWords | None, hashtags: bool
) -> Segmenter:
    """A segmenter by jieba (https://github.com/fxsjy/jieba, MIT) with its own dictionary and HMM.

    Its words are joined by `dictionary`'s, a file that `read_dictionary` reads, and with `new_words` by those that are
    found in `texts`. With `hashtags` the inside of a hashtag is one word, whatever it is.

    Saved, it is the same piece with the new words in its dictionary.
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
    """A jieba of our own, with further words."""
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
    """The frequencies of jieba's dictionary and their sum, a second's work.

    jieba's own loading keeps a cache in a temporary folder that all programs of the machine share; this leaves it out.
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
