import sys
from unicodedata import category

import pytest

from pipeline.vocab.splits import SPLITS, get_split, split_words


@pytest.mark.parametrize(
    ("split", "words"),
    [
        ("whitespace", ["a,b", "，", "12.5", "中文"]),
        ("punctuation", ["a", ",", "b", "，", "12", ".", "5", "中文"]),
        ("characters", ["a", ",", "b", "，", "1", "2", ".", "5", "中", "文"]),
    ],
)
def test_split_words(split: str, words: list[str]) -> None:
    assert split_words(" a,b\u3000， 12.5\n中文 ", split) == words


@pytest.mark.parametrize("split", SPLITS)
def test_it_cuts_as_the_pre_tokenizer_does(split: str) -> None:
    kinds = {"Cc", "Cf", "Zl", "Zp", "Zs", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps"}
    odd = [c for c in map(chr, range(sys.maxunicode + 1)) if category(c) in kinds]
    assert {"\x1c", "\x85", "\u2028", "\u3000", "\u200b"} <= {*odd}
    text = "".join(f"{letter},{c}" for letter, c in zip("中a" * len(odd), [*odd, *"$+<|"], strict=False))
    assert split_words(text, split) == [word for word, _ in get_split(split).pre_tokenize_str(text)]


def test_unknown_split() -> None:
    with pytest.raises(ValueError, match="one of: whitespace"):
        split_words("a", "sentences")
