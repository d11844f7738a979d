import json

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from pipeline.vectors.features import load_transform as by_kind
from pipeline.vectors.tfidf import fit, load_transform

SETTINGS = {
    "kind": "tfidf",
    "segment": {"name": "whitespace"},
    "analyzer": "word",
    "ngrams": [1, 2],
    "min_df": 1,
    "sublinear_tf": True,
    "max_features": None,
}
JIEBA = {"name": "jieba", "dictionary": None, "new_words": None, "hashtags": True}
UNSEEN = ["zz yy", "", "w1 zz a0 ， A0"]


def reference(**changes):
    """scikit-learn's own, on words between white space."""
    words = {"analyzer": "word", "token_pattern": r"\S+", "ngram_range": (1, 2), "sublinear_tf": True}
    return TfidfVectorizer(lowercase=False, **words | changes)


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, {}),
        ({"sublinear_tf": False, "min_df": 3}, {"sublinear_tf": False, "min_df": 3}),
        ({"max_features": 10}, {"max_features": 10}),
        ({"ngrams": [1, 1]}, {"ngram_range": (1, 1)}),
        ({"analyzer": "char", "ngrams": [2, 3]}, {"analyzer": "char", "ngram_range": (2, 3), "token_pattern": None}),
        (
            {"analyzer": "char_wb", "ngrams": [1, 4]},
            {"analyzer": "char_wb", "ngram_range": (1, 4), "token_pattern": None},
        ),
    ],
)
def test_saved_and_loaded_gives_scikit_learns_matrix(short_texts, tmp_path, changes, same):
    texts = [*short_texts, "12 34 ， 12 ！", "A0 a0\u2028x\u3000y\x1cz"]
    fit(texts, SETTINGS | changes, tmp_path)
    expected = reference(**same).fit(texts).transform(texts + UNSEEN)
    for features in (load_transform(tmp_path)(texts + UNSEEN), by_kind(tmp_path)(texts + UNSEEN)):
        assert features.shape == expected.shape
        assert (features != expected).nnz == 0
        assert features.nnz > 0


def test_files_are_plain(short_texts, tmp_path):
    assert fit(short_texts, SETTINGS, tmp_path).endswith(" n-grams")
    files = ["idf.npy", "ngrams.json", "segmentation.json", "settings.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == files
    ngrams = json.loads((tmp_path / "ngrams.json").read_text(encoding="utf-8"))
    assert len(ngrams) == len(set(ngrams)) == len(np.load(tmp_path / "idf.npy", allow_pickle=False))


def test_same_texts_same_bytes(short_texts, tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        fit(short_texts, SETTINGS, tmp_path / name)
    for file in sorted((tmp_path / "first").iterdir()):
        assert file.read_bytes() == (tmp_path / "second" / file.name).read_bytes()


def test_words_stand_between_white_space(tmp_path):
    """Single characters, punctuation and capitals count: they are what anonymised text is made of."""
    fit(["1 ， 22-3 A", "a 1\t！"], SETTINGS | {"ngrams": [1, 1]}, tmp_path)
    assert sorted(json.loads((tmp_path / "ngrams.json").read_text())) == sorted(["1", "，", "22-3", "A", "a", "！"])


def test_segments_are_the_words(tmp_path):
    texts = ["今天天气真好", "今天我在北京大学"]
    fit(texts, SETTINGS | {"segment": JIEBA, "ngrams": [1, 1]}, tmp_path)
    ngrams = json.loads((tmp_path / "ngrams.json").read_text(encoding="utf-8"))
    assert {"今天", "北京大学"} <= set(ngrams)
    assert load_transform(tmp_path)(["北京大学！", "北京"]).nnz == 1
