"""Every word of the registry's `augmentation`."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import registry
from pipeline.augmentation.inputs import AugmentationInputs, stream
from pipeline.augmentation.word_changes import delete, insert, swap
from pipeline.errors import UserError
from pipeline.words.segmenter import make_segmenter

WORDS = st.lists(st.sampled_from("abcdef"), max_size=12)
SEEDS = st.integers(0, 2**32)
RANDOM = ["random_swap", "random_delete", "random_insert"]


def make_inputs(texts, source=Path("data/prepared/train.parquet"), seed=0):
    streams = [stream(seed, str(row), 0) for row in range(len(texts))]
    return AugmentationInputs(texts, streams, make_segmenter({"name": "whitespace"}, texts), source)


def augment(method, texts, source=Path("data/prepared/train.parquet"), seed=0, **arguments):
    return registry.load("augmentation", method)(make_inputs(texts, source, seed), **arguments)


@given(words=WORDS, n=st.integers(1, 5), seed=SEEDS)
def test_swap_keeps_the_words(words, n, seed):
    after = swap(list(words), n, np.random.default_rng(seed))
    assert Counter(after) == Counter(words)
    if n == 1:
        assert sum(a != b for a, b in zip(words, after, strict=True)) in (0, 2)


def test_swap_changes_two_places():
    assert swap(["a", "b"], 1, np.random.default_rng(0)) == ["b", "a"]
    assert swap(["a"], 3, np.random.default_rng(0)) == ["a"]
    assert swap([], 1, np.random.default_rng(0)) == []


@given(words=WORDS, n=st.integers(1, 15), seed=SEEDS)
def test_delete_keeps_the_order_and_a_word(words, n, seed):
    after = delete(list(words), n, np.random.default_rng(seed))
    assert len(after) == max(len(words) - n, min(len(words), 1))
    left = iter(words)
    assert all(word in left for word in after), "a subsequence"


@given(words=WORDS, n=st.integers(1, 5), seed=SEEDS)
def test_insert_adds_words_of_the_text(words, n, seed):
    after = insert(list(words), n, np.random.default_rng(seed))
    assert len(after) == len(words) + (n if words else 0)
    rest = iter(after)
    assert all(word in rest for word in words), "the old words in the old order"
    assert set(after) == set(words)


def test_random_draws_reach_everything():
    """Every word may be deleted, inserted and moved, to every place."""
    words = list("abcd")
    rngs = [np.random.default_rng(seed) for seed in range(300)]
    assert {"".join(delete(list(words), 1, rng)) for rng in rngs} == {"bcd", "acd", "abd", "abc"}
    assert len({"".join(swap(list(words), 1, rng)) for rng in rngs}) == 6
    inserted = {"".join(insert(list(words), 1, rng)) for rng in rngs}
    assert inserted == {"".join([*words[:i], word, *words[i:]]) for word in words for i in range(5)}


@pytest.mark.parametrize("method", RANDOM)
@pytest.mark.parametrize(("share", "n"), [(0.1, 1), (0.25, 2), (0.5, 5)])
def test_the_share_says_how_many_words(method, share, n):
    text = " ".join(f"w{i}" for i in range(10))
    (changed,) = augment(method, [text], share=share)
    expected = {"random_swap": 10, "random_delete": 10 - n, "random_insert": 10 + n}
    assert len(changed.split()) == expected[method]
    moved = sum(a != b for a, b in zip(text.split(), changed.split(), strict=False))
    assert moved > 0
    assert method != "random_swap" or moved <= 2 * n


@pytest.mark.parametrize("method", RANDOM)
@pytest.mark.parametrize("share", [0.0, -0.1, 1.1])
def test_a_share_that_is_none_is_refused(method, share):
    with pytest.raises(UserError, match=r"share: got .*, more than 0 and no more than 1 is allowed"):
        augment(method, ["a b"], share=share)


@pytest.mark.parametrize("method", RANDOM)
def test_texts_without_words(method):
    assert augment(method, ["", " \u3000"], share=0.5) == ["", " \u3000"]


# --- synonyms --------------------------------------------------------------------------------------


SYNONYMS = {"share": 0.5, "neighbors": 2, "threshold": 0.5}


def test_synonyms_of_a_file(tmp_path):
    path = tmp_path / "synonyms.txt"
    path.write_text("\ufeff高兴 开心\t快乐\r\n\n一个\n快乐 欢喜\n", encoding="utf-8")
    texts = ["我 很 高兴", "没有 别的 词", "快乐 高兴"]
    seen = [augment("synonym_replacement", texts, path, seed=seed, **SYNONYMS) for seed in range(60)]
    assert {tuple(row)[1] for row in seen} == {"没有 别的 词"}
    assert {row[0] for row in seen} == {"我 很 开心", "我 很 快乐"}
    assert {row[2].split()[0] for row in seen} == {"快乐", "高兴", "开心", "欢喜"}, "of both groups"
    assert all((row[2].split()[0] == "快乐") != (row[2].split()[1] == "高兴") for row in seen), "half of the words"


def test_synonyms_are_neighbours_in_word_vectors(tmp_path):
    words = ["好", "棒", "坏", "远", "近", "无"]
    vectors = np.array([[1, 0], [1, 0.1], [0.9, 0.5], [0, 1], [-1, 0], [0, 0]], dtype=np.float32)
    (tmp_path / "words.txt").write_text("".join(f"{word}\n" for word in words), encoding="utf-8")
    np.save(tmp_path / "vectors.npy", vectors)
    np.save(tmp_path / "idf.npy", np.ones(6, dtype=np.float32))
    jieba = {"name": "jieba", "dictionary": None, "new_words": None, "hashtags": True}
    make_segmenter(jieba, []).save(tmp_path)
    texts = ["，好！"] * 30 + ["近", "无", "生词"]
    changed = augment("synonym_replacement", texts, tmp_path, **SYNONYMS)
    assert set(changed[:30]) == {"，棒！", "，坏！"}, "the vectors' own segmentation"
    assert changed[30:] == ["近", "无", "生词"]
    assert set(augment("synonym_replacement", texts[:30], tmp_path, **SYNONYMS | {"neighbors": 1})) == {"，棒！"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"one\n\ntwo\n", "no line holds two words"),
        (b"same same\n", "no line holds two words"),
        ("中文 汉语".encode("gb18030"), "not UTF-8"),
        (b"PAR1\xff\xfe", "not UTF-8"),
        (None, "not found"),
    ],
)
def test_a_file_of_no_synonyms_is_refused(content, message, tmp_path):
    path = tmp_path / "synonyms.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        augment("synonym_replacement", ["a b"], path, **SYNONYMS)


def test_tfidf_vectors_have_no_neighbours(tmp_path):
    make_segmenter({"name": "whitespace"}, []).save(tmp_path)
    with pytest.raises(UserError, match=r"words\.txt: not found"):
        augment("synonym_replacement", ["a b"], tmp_path, **SYNONYMS)


# --- back-translation ------------------------------------------------------------------------------


@pytest.fixture
def translator(tmp_path, monkeypatch):
    (tmp_path / "own_translator.py").write_text(
        "def reverse(texts): return [text[::-1] for text in texts]\n"
        "def shorter(texts): return texts[1:]\n"
        "def numbers(texts): return [0 for text in texts]\n"
        "def one(texts): return 'ab'\n"
        "def nothing(texts): return None\n"
        "def lazy(texts): return (text for text in texts)\n"
        "word = 'x'\n"
    )
    monkeypatch.syspath_prepend(tmp_path)


def test_any_function_translates(translator):
    assert augment("back_translation", ["ab", ""], function="own_translator:reverse") == ["ba", ""]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (None, "needs a function"),
        ("own_translator", "got 'own_translator', module:function is allowed"),
        (":reverse", "module:function is allowed"),
        ("own_translator:", "module:function is allowed"),
        ("no_such_module:f", r"cannot be imported \(No module named 'no_such_module'\); put no_such_module\.py"),
        ("own_translator:other", "own_translator has no function 'other'"),
        ("own_translator:word", "own_translator has no function 'word'"),
        ("own_translator:shorter", "returned 1 texts for 2"),
        ("own_translator:numbers", "returned a int as text 0, a string is expected"),
        ("own_translator:one", "returned a str, a list of strings is expected"),
        ("own_translator:nothing", "returned a NoneType, a list of strings is expected"),
        ("own_translator:lazy", "returned a generator, a list of strings is expected"),
    ],
)
def test_what_is_no_translator_is_refused(translator, function, message):
    with pytest.raises(UserError, match=message):
        augment("back_translation", ["ab", "c"], function=function)
