import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.vectors.features import load_transform as by_kind
from pipeline.vectors.training import train_word2vec
from pipeline.vectors.word2vec import fit, load_transform, nearest, read_word_vectors

ROOT = Path(__file__).parents[3]
TRAINING = {"dimensions": 8, "window": 3, "min_count": 2, "epochs": 3, "negative": 3, "skip_gram": True, "seed": 5}
SETTINGS = {"kind": "word2vec", "segment": {"name": "whitespace"}, **TRAINING, "weighting": "mean"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, short_texts):
    path = tmp_path_factory.mktemp("w2v")
    fit(short_texts, SETTINGS, path)
    return path


def test_files_are_plain_and_words_are_in_order_of_count(folder, short_texts):
    files = ["idf.npy", "segmentation.json", "settings.json", "vectors.npy", "words.txt"]
    assert sorted(path.name for path in folder.iterdir()) == files
    words, vectors, idf = read_word_vectors(folder)
    assert vectors.shape == (len(words), 8)
    assert vectors.dtype == idf.dtype == np.float32
    counts = [" ".join(short_texts).split().count(word) for word in words]
    assert min(counts) >= 2
    assert [(-n, word) for n, word in zip(counts, words, strict=True)] == sorted(
        (-n, word) for n, word in zip(counts, words, strict=True)
    )


def test_idf_is_scikit_learns(folder, short_texts):
    from sklearn.feature_extraction.text import TfidfVectorizer

    words, _, idf = read_word_vectors(folder)
    reference = TfidfVectorizer(token_pattern=r"\S+", lowercase=False, vocabulary=words).fit(short_texts)
    np.testing.assert_allclose(idf, reference.idf_, rtol=1e-6)


@pytest.mark.parametrize("weighting", ["mean", "idf"])
def test_a_texts_features_are_the_mean_of_its_words(weighting, short_texts, tmp_path):
    fit(short_texts, SETTINGS | {"weighting": weighting}, tmp_path)
    words, vectors, idf = read_word_vectors(tmp_path)
    a, b = words[0], words[-1]
    features = load_transform(tmp_path)([f"{a} {b} unheard {a}", "unheard of", "", b])
    weights = {a: idf[0], b: idf[-1]} if weighting == "idf" else {a: 1, b: 1}
    expected = (2 * weights[a] * vectors[0] + weights[b] * vectors[-1]) / (2 * weights[a] + weights[b])
    assert features.dtype == np.float32
    np.testing.assert_allclose(features[0], expected, rtol=1e-5)
    assert not features[1:3].any()
    np.testing.assert_allclose(features[3], vectors[-1], rtol=1e-5)
    np.testing.assert_array_equal(by_kind(tmp_path)([b]), features[3:])


def test_words_of_like_company_are_near():
    """Two groups of words that never meet."""
    rng = np.random.default_rng(0)
    groups = [[f"{group}{i}" for i in range(10)] for group in "ab"]
    sentences = [list(rng.choice(groups[i % 2], 12)) for i in range(600)]
    words, vectors = train_word2vec(sentences, **TRAINING | {"epochs": 10})
    rows = list(range(len(words)))
    same = [
        words[row][0] == words[near][0]
        for row, others in zip(rows, nearest(vectors, rows, 3, -1.0), strict=True)
        for near in others
    ]
    assert np.mean(same) > 0.95


def test_the_seed_and_the_kind_of_training_matter(short_texts):
    sentences = [text.split() for text in short_texts]
    plain, seeded, cbow = (
        train_word2vec(sentences, **TRAINING | change)[1] for change in ({}, {"seed": 6}, {"skip_gram": False})
    )
    assert not np.allclose(plain, seeded)
    assert not np.allclose(plain, cbow)


def test_two_processes_give_the_same_bytes(tmp_path, short_texts):
    (tmp_path / "texts.txt").write_text("\n".join(short_texts), encoding="utf-8")
    code = (
        "import sys; from pathlib import Path\n"
        "from pipeline.vectors.word2vec import fit\n"
        "texts = Path('texts.txt').read_text(encoding='utf-8').split('\\n')\n"
        "folder = Path(sys.argv[1]); folder.mkdir()\n"
        f"fit(texts, {SETTINGS!r}, folder)\n"
    )
    for salt in ("0", "12345"):
        environment = os.environ | {"PYTHONHASHSEED": salt, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", code, salt]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        assert done.stdout + done.stderr == "", "gensim keeps quiet"
    for file in sorted((tmp_path / "0").iterdir()):
        assert file.read_bytes() == (tmp_path / "12345" / file.name).read_bytes(), file.name


def test_what_is_behind_gensims_longest_sentence_counts_too():
    """One text longer than gensim reads: its end has to be trained on."""
    rare = ["rare1", "rare2"] * 500
    words, vectors = train_word2vec([["the"] * 10_000 + rare], **TRAINING | {"epochs": 20})
    short_words, short_vectors = train_word2vec([["the"] * 10_000, rare], **TRAINING | {"epochs": 20})
    np.testing.assert_array_equal(vectors[words.index("rare1")], short_vectors[short_words.index("rare1")])


def test_too_few_words_are_refused(tmp_path):
    with pytest.raises(UserError, match="none of the 2 words occurs 2 times; lower min_count"):
        fit(["a b", ""], SETTINGS, tmp_path)
    with pytest.raises(UserError, match="none of the 0 words"):
        fit([], SETTINGS, tmp_path)


def test_a_folder_without_word_vectors_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"words\.txt: not found"):
        read_word_vectors(tmp_path)


def test_nearest_by_hand():
    vectors = np.array([[1, 0], [2, 0], [1, 1], [0, 3], [-1, 0], [0, 0], [5, 0]], dtype=np.float32)
    assert nearest(vectors, [0, 3, 5], 10, 0.5) == [[1, 6, 2], [2], []]
    assert nearest(vectors, [0], 1, 0.5) == [[1]], "of equal cosines the first"
    assert nearest(vectors, [0], 10, -1.0) == [[1, 6, 2, 3, 5, 4]]
    assert nearest(vectors, [], 3, 0.0) == []
