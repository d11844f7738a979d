"""The ways to cut a text into words, by name, for counting and for tokenizing.

Both must cut alike, so that a counted word is exactly a word that the tokenizer looks up.
"""

import re
from functools import lru_cache

from tokenizers import Regex, pre_tokenizers

SPLITS: dict[str, pre_tokenizers.PreTokenizer] = {
    # at whitespace: anonymised competitions, and any text that is already segmented
    "whitespace": pre_tokenizers.WhitespaceSplit(),
    # at whitespace, and each punctuation mark on its own
    "punctuation": pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("isolated")]),
    # every character that is not whitespace on its own: unsegmented Chinese
    "characters": pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex("."), "isolated")]
    ),
}

# What the pre-tokenizers take for a word, found many times faster than by them. The four control characters
# are whitespace to Python alone.
WORD = re.compile(r"[\S\x1c-\x1f]+")


def get_split(name: str) -> pre_tokenizers.PreTokenizer:
    """Return the pre-tokenizer with this name. Raises ValueError for an unknown name."""
    if name not in SPLITS:
        raise ValueError(f"unknown split {name!r}, one of: {', '.join(SPLITS)}")
    return SPLITS[name]


def split_words(text: str, split: str) -> list[str]:
    """Cut `text` into words in reading order. Raises ValueError for an unknown split."""
    get_split(split)
    words = WORD.findall(text)
    if split == "whitespace":
        return words
    if split == "characters":
        return list("".join(words))
    return [part for word in words for part in _split_word(word, split)]


@lru_cache(maxsize=2**17)
def _split_word(word: str, split: str) -> list[str]:
    return [part for part, _ in SPLITS[split].pre_tokenize_str(word)]
