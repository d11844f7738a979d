import json

import numpy as np
import pytest
from pipeline.members.vectors import fit_tfidf, load_tfidf, save_tfidf, transform
from sklearn.feature_extraction.text import TfidfVectorizer

SETTINGS = {"analyzer": "word", "ngrams": [1, 2], "min_df": 1, "sublinear_tf": True, "max_features": None}
UNSEEN = ["zz yy", "", "w1 zz a0 ， A0"]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"sublinear_tf": False, "min_df": 3},
        {"max_features": 10},
        {"analyzer": "char", "ngrams": [2, 3]},
        {"analyzer": "char_wb", "ngrams": [1, 4]},
    ],
)
def test_saved_and_loaded_gives_the_same_matrix(short_texts, tmp_path, changes):
    settings = SETTINGS | changes
    texts = [*short_texts, "12 34 ， 12 ！", "A0 a0"]
    vectorizer = fit_tfidf(texts, settings)
    save_tfidf(vectorizer, settings, tmp_path)
    expected, loaded = vectorizer.transform(texts + UNSEEN), transform(tmp_path, texts + UNSEEN)
    assert loaded.shape == expected.shape
    assert (loaded != expected).nnz == 0
    assert loaded.nnz > 0
    assert load_tfidf(tmp_path).idf_.tolist() == vectorizer.idf_.tolist()


def test_files_are_plain(short_texts, tmp_path):
    save_tfidf(fit_tfidf(short_texts, SETTINGS), SETTINGS, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["idf.npy", "ngrams.json", "settings.json"]
    ngrams = json.loads((tmp_path / "ngrams.json").read_text(encoding="utf-8"))
    assert len(ngrams) == len(set(ngrams)) == len(np.load(tmp_path / "idf.npy", allow_pickle=False))


def test_same_texts_same_bytes(short_texts, tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        save_tfidf(fit_tfidf(short_texts, SETTINGS), SETTINGS, tmp_path / name)
    for file in sorted((tmp_path / "first").iterdir()):
        assert file.read_bytes() == (tmp_path / "second" / file.name).read_bytes()


def test_words_stand_between_white_space():
    """Single characters, punctuation and capitals count: they are what anonymised text is made of."""
    vectorizer = fit_tfidf(["1 ， 22-3 A", "a 1\t！"], SETTINGS | {"ngrams": [1, 1]})
    assert sorted(vectorizer.vocabulary_) == sorted(["1", "，", "22-3", "A", "a", "！"])


def test_equals_scikit_learn_on_plain_words(short_texts):
    ours = fit_tfidf(short_texts, SETTINGS | {"ngrams": [1, 1]}).transform(short_texts)
    reference = TfidfVectorizer(tokenizer=str.split, token_pattern=None, sublinear_tf=True, lowercase=False)
    assert abs(ours - reference.fit_transform(short_texts)).max() < 1e-12
