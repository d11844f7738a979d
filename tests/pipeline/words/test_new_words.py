import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.words.new_words import HAN, NewWord, find_new_words, write_new_words


def slow(texts, known, *, min_count, min_pmi, min_entropy, max_length):
    """The definition, with strings and counters."""

    def is_han(character):
        return any(low <= ord(character) <= high for low, high in HAN)

    counts, left, right = Counter(), {}, {}
    unlike_any_other = iter(range(10**9))
    n_characters = 0
    for text in dict.fromkeys(texts):
        n_characters += sum(map(is_han, text))
        for length in range(1, max_length + 1):
            for start in range(len(text) - length + 1):
                word = text[start : start + length]
                if not all(map(is_han, word)):
                    continue
                counts[word] += 1
                for place, side in ((start - 1, left), (start + length, right)):
                    inside = 0 <= place < len(text) and is_han(text[place])
                    neighbour = text[place] if inside else next(unlike_any_other)
                    side.setdefault(word, Counter())[neighbour] += 1

    def entropy(neighbours):
        total = sum(neighbours.values())
        return -sum(n / total * math.log2(n / total) for n in neighbours.values())

    found = []
    for word, count in counts.items():
        if len(word) < 2 or count < min_count or word in known:
            continue
        splits = [counts[word[:cut]] * counts[word[cut:]] for cut in range(1, len(word))]
        pmi = min(math.log2(n_characters * count / parts) for parts in splits)
        freedom = min(entropy(left[word]), entropy(right[word]))
        if pmi >= min_pmi and freedom >= min_entropy - 1e-12:
            found.append((word, count, pmi, freedom))
    return sorted(found, key=lambda row: (-row[1], row[0]))


# Words and single characters, so that there is something to find.
PARTS = ["甲", "乙", "丙", "丁", "𠀀", "甲乙丙", "丙甲乙丁", "丁丁", "a", "，", "\n"]


# Thresholds off any value that could be met exactly, so that rounding decides nothing.
@settings(max_examples=60)
@given(
    texts=st.lists(st.lists(st.sampled_from(PARTS), max_size=12).map("".join), min_size=1, max_size=8),
    min_count=st.integers(2, 3),
    min_pmi=st.sampled_from([-9.0, 0.3001, 1.1001]),
    min_entropy=st.sampled_from([0.0, 0.2001, 1.1001]),
    max_length=st.integers(2, 5),
)
def test_equals_the_definition(texts, min_count, min_pmi, min_entropy, max_length):
    thresholds = {"min_count": min_count, "min_pmi": min_pmi, "min_entropy": min_entropy, "max_length": max_length}
    found = find_new_words(texts, {"甲乙"}, **thresholds)
    expected = slow(texts, {"甲乙"}, **thresholds)
    assert [(new.word, new.count) for new in found] == [(word, count) for word, count, _, _ in expected]
    for new, (_, _, pmi, entropy) in zip(found, expected, strict=True):
        assert new.pmi == pytest.approx(pmi, abs=1e-9)
        assert new.entropy == pytest.approx(entropy, abs=1e-9)


def test_finds_a_planted_word_and_not_its_parts():
    rng = np.random.default_rng(0)
    filler = [chr(0x4E00 + i) for i in range(60)]

    def noise():
        return "".join(rng.choice(filler, rng.integers(2, 6)))

    texts = [f"{noise()}奥利给{noise()}" for _ in range(60)]
    found = find_new_words(texts, set(), min_count=20, min_pmi=3.0, min_entropy=2.0, max_length=5)
    assert [new.word for new in found] == ["奥利给"]
    assert found[0].count == 60
    assert found[0].entropy > 4


def test_known_words_are_not_new():
    texts = [f"{a}新词{b}" for a in "一二三四五" for b in "六七八九十"]
    thresholds = {"min_count": 5, "min_pmi": 1.0, "min_entropy": 1.0, "max_length": 2}
    assert [new.word for new in find_new_words(texts, set(), **thresholds)] == ["新词"]
    assert find_new_words(texts, {"新词"}, **thresholds) == []


def test_a_repeated_text_counts_once():
    texts = ["武汉加油！"] * 50 + ["我说武汉加油吧", "都喊武汉加油呀"]
    thresholds = {"min_count": 2, "min_pmi": 0.0, "min_entropy": 1.0, "max_length": 4}
    assert {new.word: new.count for new in find_new_words(texts, set(), **thresholds)}["武汉加油"] == 3


@pytest.mark.parametrize("texts", [[], [""], ["no Chinese 123"], ["一"], ["一二三四五六七八九"]])
def test_nothing_to_find(texts):
    assert find_new_words(texts, set(), min_count=2, min_pmi=0.0, min_entropy=0.0, max_length=5) == []


def test_the_table_is_for_people(tmp_path):
    write_new_words(tmp_path / "new_words.tsv", [NewWord("奥利给", 60, 5.43210, 4.0), NewWord("吃瓜", 7, 3.0, 2.5)])
    text = (tmp_path / "new_words.tsv").read_text(encoding="utf-8")
    assert text == "word\tcount\tpmi\tentropy\n奥利给\t60\t5.432\t4.000\n吃瓜\t7\t3.000\t2.500\n"
