import numpy as np
from scipy import sparse

from pipeline.vocab.context.corpus import rank_tokens
from pipeline.vocab.context.frames import frame_similarity, mutual_best
from pipeline.vocab.context.neighbours import OFFSETS, count_neighbours, count_pairs, positive_pmi, unit_rows
from pipeline.vocab.context.similarity import column_weights, company_similarity, row_products

TEXTS = [text.split() for text in ("a b a c d a", "b a", "d", "c c b a d b")]


def slow_count(texts: list[list[str]], tokens: list[str], offset: int) -> np.ndarray:
    counts = np.zeros((len(tokens), len(tokens)))
    for text in texts:
        for i, token in enumerate(text):
            j = i + offset
            if 0 <= j < len(text) and token in tokens and text[j] in tokens:
                counts[tokens.index(token), tokens.index(text[j])] += 1
    return counts


def slow_pmi(counts: np.ndarray) -> np.ndarray:
    shares = counts.sum(0) ** 0.5 / (counts.sum(0) ** 0.5).sum()
    pmi = np.zeros(counts.shape)
    for i, j in zip(*np.nonzero(counts), strict=True):
        pmi[i, j] = max(0, np.log(counts[i, j] / (counts[i].sum() * shares[j])))
    return pmi


def test_neighbours_are_counted_within_documents() -> None:
    corpus = rank_tokens(TEXTS, min_count=1, max_tokens=3)  # "c" or "d" has no rank: it keeps its place
    for offset in (1, -1, 3, -4):
        np.testing.assert_array_equal(
            count_pairs(corpus, (3, 3), offset).toarray(), slow_count(TEXTS, corpus.tokens, offset)
        )
    groups = count_neighbours(corpus, 3, 2)
    for counts, offsets in zip(groups, OFFSETS, strict=True):
        expected = sum(slow_count(TEXTS, corpus.tokens, o) for o in offsets)
        np.testing.assert_array_equal(counts.toarray(), expected[:, :2])
    assert count_neighbours(corpus, 99)[0].shape == (3, 3)


def test_positive_pmi_against_the_definition() -> None:
    counts = np.random.default_rng(0).poisson(0.7, (6, 5)).astype(np.float32)
    counts[2] = 0
    np.testing.assert_allclose(positive_pmi(sparse.csr_array(counts)).toarray(), slow_pmi(counts), rtol=1e-5, atol=1e-6)


def test_rows_of_length_one_and_empty_rows() -> None:
    rows = unit_rows(sparse.csr_array(np.array([[3.0, 4.0], [0.0, 0.0]]))).toarray()
    np.testing.assert_allclose(rows, [[0.6, 0.8], [0, 0]], rtol=1e-6)


def test_products_of_rows_dense_and_sparse(monkeypatch) -> None:
    rng = np.random.default_rng(1)
    left, right = (sparse.random_array((n, 40), density=0.3, rng=rng).tocsr() for n in (25, 13))
    for share in (0.0, 1.0):  # always dense, never
        monkeypatch.setattr("pipeline.vocab.context.similarity.DENSE", share)
        monkeypatch.setattr("pipeline.vocab.context.similarity.CHUNK", 7)
        np.testing.assert_allclose(row_products(left, right), (left @ right.T).toarray(), rtol=1e-5)


def test_a_text_under_other_names_has_the_same_company() -> None:
    """With the permutation as belief, the similarity is that of the text to itself, moved."""
    names = {"a": "4", "b": "9", "c": "1", "d": "7"}
    corpus = rank_tokens(TEXTS, min_count=1, max_tokens=9)
    hidden = rank_tokens([[names[t] for t in text] for text in TEXTS], min_count=1, max_tokens=9)
    place = [corpus.tokens.index(token) for token in names]
    hidden_place = [hidden.tokens.index(number) for number in names.values()]
    belief = np.zeros((4, 4), np.float32)
    belief[hidden_place, place] = 1
    found = company_similarity(count_neighbours(hidden, 4), count_neighbours(corpus, 4), sparse.csr_array(belief), 4)
    features = np.hstack([slow_pmi(sum(slow_count(TEXTS, corpus.tokens, o) for o in group)) for group in OFFSETS])
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    expected = features @ features.T
    np.testing.assert_allclose(found[np.ix_(hidden_place, place)], expected[np.ix_(place, place)], atol=1e-5)


def test_columns_weigh_by_who_is_surest() -> None:
    belief = sparse.csr_array(np.array([[0.25, 0, 0.1], [0.09, 0, 1]], np.float32))
    np.testing.assert_allclose(column_weights(belief), [0.5, 0, 1])


def test_anchors_are_each_others_best_and_sure() -> None:
    belief = np.array([[0.8, 0.1, 0.0], [0.6, 0.35, 0.0], [0.0, 0.3, 0.2], [0.0, 0.0, 0.25]], np.float32)
    tokens, plain_tokens, probability = mutual_best(sparse.csr_array(belief))
    # 1 likes 0 best, which 0 has; 1 is the best of plain 1, but does not like it best; 3 and 2 are not sure
    assert tokens.tolist() == [0]
    assert plain_tokens.tolist() == [0]
    np.testing.assert_allclose(probability, [0.8])


def test_frames_tell_tokens_apart() -> None:
    plain = rank_tokens([t.split() for t in ("a x b", "a x b", "b y a", "b y a", "a a b b")], min_count=1, max_tokens=9)
    hidden = rank_tokens([t.split() for t in ("1 5 2", "2 6 1", "1 1 2 2", "1 5 2")], min_count=1, max_tokens=9)
    belief = np.zeros((4, 4), np.float32)
    for token, plain_token in (("1", "a"), ("2", "b")):
        belief[hidden.tokens.index(token), plain.tokens.index(plain_token)] = 1
    similarity = frame_similarity(hidden, plain, sparse.csr_array(belief), 4)
    x, y = (plain.tokens.index(t) for t in "xy")
    five, six = (hidden.tokens.index(t) for t in "56")
    assert similarity[five, x] > 0.9
    assert similarity[six, y] > 0.9
    assert similarity[five, y] == similarity[six, x] == 0


def test_no_anchors_no_frames() -> None:
    corpus = rank_tokens(TEXTS, min_count=1, max_tokens=9)
    assert not frame_similarity(corpus, corpus, sparse.csr_array((4, 4), dtype=np.float32), 4).any()
