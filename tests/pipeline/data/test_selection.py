"""Both similarities, against versions by hand and against scikit-learn's vocabulary; and the best of a stream."""

import math
import tracemalloc
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from pipeline.data import selection
from pipeline.data.selection import lsa, select_nearest, tfidf
from pipeline.errors import UserError

TEXTS = ["apple pie", "apple tart apple", "pie tart", "engine oil", "oil pump engine", "engine engine"]
LABELS = np.array([3, 3, 3, 7, 7, 7])
WORDS = {"analyzer": "word", "ngrams": [1, 1], "toward": "classes"}


def cosine(a, b):
    length = math.sqrt(sum(v * v for v in a.values())) * math.sqrt(sum(v * v for v in b.values()))
    return sum(value * b.get(word, 0.0) for word, value in a.items()) / length if length else 0.0


def by_hand(batch):
    """TF-IDF with 1 + log(tf), smoothed IDF, and the mean of a class's unit vectors."""
    df = Counter(word for text in TEXTS for word in set(text.split()))

    def vector(text):
        counts = Counter(text.split())
        raw = {w: (1 + math.log(c)) * (math.log((1 + len(TEXTS)) / (1 + df[w])) + 1) for w, c in counts.items()}
        length = math.sqrt(sum(v * v for v in raw.values()))
        return {word: value / length for word, value in raw.items()}

    centroids = {}
    for text, label in zip(TEXTS, LABELS.tolist(), strict=True):
        for word, value in vector(text).items():
            centroid = centroids.setdefault(label, {})
            centroid[word] = centroid.get(word, 0.0) + value
    return [max(cosine(vector(text), centroid) for centroid in centroids.values()) for text in batch]


def test_tfidf_is_the_cosine_to_the_nearest_class():
    batch = ["apple", "engine oil zzz", "pie engine", "zzz yyy", "apple apple tart unknown"]
    similarity = tfidf(TEXTS, LABELS, **WORDS)
    np.testing.assert_allclose(similarity(batch), by_hand(batch), atol=1e-12)
    assert similarity(["zzz yyy"]) == 0


def test_tfidf_of_known_words_is_scikit_learns():
    """With a vocabulary of all words that occur, hashing or not makes no difference."""
    batch = ["apple pie tart", "oil engine apple"]
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\S+")
    train = vectorizer.fit_transform(TEXTS)
    centroids = normalize(np.array([train[label == LABELS].mean(axis=0).A1 for label in (3, 7)]))
    seen = [" ".join(text.split()) for text in TEXTS[:1]]
    expected = (vectorizer.transform(seen) @ centroids.T).max(axis=1)
    np.testing.assert_allclose(tfidf(TEXTS, LABELS, **WORDS | {"ngrams": [1, 2]})(seen), expected, atol=1e-12)
    assert (tfidf(TEXTS, LABELS, **WORDS | {"ngrams": [1, 2]})(batch) > 0).all()


def test_words_of_other_text_count_into_a_documents_length():
    near, padded = tfidf(TEXTS, LABELS, **WORDS)(["engine oil", "engine oil " + " ".join(f"x{i}" for i in range(50))])
    assert padded < near / 2


@pytest.mark.parametrize("method", ["tfidf", "lsa"])
def test_a_rare_class_has_the_same_say(method):
    """One text against ninety-nine: what is near to the rare class is as near as what is near to the other."""
    texts = ["common word here", "common word there"] * 49 + ["common here there"] + ["rare thing", "rare thing"]
    labels = np.array([0] * 99 + [1] * 2)
    options = {"dimensions": 5} if method == "lsa" else {}
    similarity = {"tfidf": tfidf, "lsa": lsa}[method](texts, labels, **WORDS, **options)
    common, rare = similarity(["common word", "rare thing"])
    assert rare > 0.99
    assert rare >= common


@pytest.mark.parametrize("method", ["tfidf", "lsa"])
def test_toward_the_mean_every_text_has_the_same_say(method):
    """As if all texts were of one class."""
    options = {"dimensions": 2} if method == "lsa" else {}
    measure = {"tfidf": tfidf, "lsa": lsa}[method]
    mean = measure(TEXTS, LABELS, **WORDS | {"toward": "mean"} | options)
    one_class = measure(TEXTS, np.zeros(6, dtype=int), **WORDS, **options)
    assert mean(TEXTS).tolist() == one_class(TEXTS).tolist()
    assert mean(TEXTS).tolist() != measure(TEXTS, LABELS, **WORDS, **options)(TEXTS).tolist()


@pytest.mark.parametrize("method", ["tfidf", "lsa"])
@pytest.mark.parametrize("analyzer", ["word", "char", "char_wb"])
def test_a_text_has_the_same_similarity_wherever_it_stands(method, analyzer):
    options = {"dimensions": 3} if method == "lsa" else {}
    similarity = {"tfidf": tfidf, "lsa": lsa}[method](
        TEXTS, LABELS, **WORDS | {"analyzer": analyzer, "ngrams": [1, 2]} | options
    )
    alone = [float(similarity([text])[0]) for text in TEXTS]
    np.testing.assert_allclose(similarity(TEXTS), alone, atol=1e-12)
    assert all(-1e-9 <= value <= 1 + 1e-9 for value in alone)


def test_lsa_is_the_cosine_of_weighted_means_of_singular_vectors():
    """Against a full decomposition by numpy; the signs and the order of vectors do not matter to a cosine."""
    vectorizer = TfidfVectorizer(min_df=2, sublinear_tf=True, token_pattern=r"\S+")
    train = vectorizer.fit_transform(TEXTS).toarray()
    embeddings = np.linalg.svd(train, full_matrices=False)[2][:2].T  # [V, 2]
    vectors = normalize(train @ embeddings)
    centroids = normalize(np.array([vectors[label == LABELS].mean(axis=0) for label in (3, 7)]))
    batch = ["apple oil", "tart", "pump pump engine"]
    expected = (normalize(vectorizer.transform(batch).toarray() @ embeddings) @ centroids.T).max(axis=1)
    np.testing.assert_allclose(lsa(TEXTS, LABELS, **WORDS, dimensions=2)(batch), expected, atol=1e-6)


def test_lsa_finds_what_shares_no_word_with_a_class():
    """`petrol` never stands in a text of class 1, but beside the words that do."""
    texts = ["car petrol engine"] * 3 + ["bread butter"] * 3 + ["car engine"] * 3
    labels = np.array([0] * 3 + [2] * 3 + [1] * 3)
    by_topic, by_word = (
        similarity(["petrol", "bread"])
        for similarity in (lsa(texts[3:], labels[3:] % 2, **WORDS, dimensions=2), tfidf(texts[3:], labels[3:], **WORDS))
    )
    assert by_word[0] == by_topic[0] == 0  # a word that the training text does not have
    similarity = lsa(texts, np.where(labels == 0, 1, labels), **WORDS, dimensions=2)
    assert similarity(["petrol"])[0] > 0.95
    assert tfidf(texts, labels, **WORDS)(["petrol"])[0] < 0.8


@pytest.mark.parametrize("texts", [["a b", "c d"], ["a b", "a d"]])
def test_lsa_of_texts_without_common_words_is_refused(texts):
    with pytest.raises(UserError, match="selection lsa: fewer than 2 n-grams stand in two training texts each"):
        lsa(texts, np.array([0, 1]), **WORDS, dimensions=2)


def by_number(batch):
    """A text's similarity is the number before its space."""
    return np.array([float(text.split()[0]) for text in batch])


@given(
    st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 9))),
    st.integers(1, 12),
    st.integers(1, 5),
    st.sets(st.integers(0, 9)),
)
def test_is_the_head_of_a_stable_sort_of_distinct_texts(rows, n, at_once, known_numbers):
    texts = [f"{score} {number}" for score, number in rows]
    known = {f"{score} {number}" for score in range(5) for number in known_numbers}
    distinct = [text for text in dict.fromkeys(texts) if text not in known and float(text.split()[0]) > 0]
    expected = sorted(distinct, key=lambda text: -float(text.split()[0]))[:n]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selection, "TEXTS_AT_ONCE", at_once)
        selected = select_nearest(iter(texts), by_number, n, known)
    assert [entry.text for entry in selected] == expected
    assert [entry.similarity for entry in selected] == [float(text.split()[0]) for text in expected]


def test_memory_does_not_grow_with_the_stream():
    def peak(n_texts):
        tracemalloc.start()
        select_nearest((f"{1 + i % 97} {i:06d} {'x' * 200}" for i in range(n_texts)), by_number, 50)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak(2000)
    assert peak(20_000) < 1.5 * peak(2000)
