"""Entries of `vectors` and `augment`: kinds, defaults by kind, segmentation, and what goes together."""

import pytest

from pipeline.registry import words

NEW_WORDS = {"min_count": 20, "min_pmi": 6.0, "min_entropy": 2.0, "max_length": 5}
W2V = {"vectors": {"tfidf": {"kind": "tfidf"}, "w2v": {"kind": "word2vec"}}}
SWAPPED = {"method": "random_swap", "from": "data/prepared/train.parquet"}


def jieba(**arguments):
    return {"vectors.tfidf": {"kind": "tfidf", "segment": {"name": "jieba", **arguments}}}


def test_each_kind_takes_its_own_defaults(load):
    vectors = load({**W2V, "defaults.word2vec.window": 7, "defaults.tfidf.min_df": 4}).vectors
    assert (vectors["w2v"].window, vectors["tfidf"].min_df) == (7, 4)
    assert not hasattr(vectors["w2v"], "min_df")


def test_a_segmentation_takes_its_arguments_from_the_defaults(load):
    segment = (
        load({**jieba(new_words=NEW_WORDS), "defaults.segmentation.jieba.hashtags": False}).vectors["tfidf"].segment
    )
    assert segment == {"name": "jieba", "dictionary": None, "new_words": NEW_WORDS, "hashtags": False}
    params = load(
        {"vectors.tfidf": {"kind": "tfidf", "segment": "jieba"}, "defaults.segmentation.jieba.new_words": NEW_WORDS}
    )
    assert params.vectors["tfidf"].segment["new_words"] == NEW_WORDS


def test_an_augmentation_takes_its_defaults(load):
    changes = {
        "augment": {"swapped": SWAPPED},
        "defaults.augment.copies": 3,
        "defaults.augmentation.random_swap.share": 0.3,
    }
    entry = load(changes | {"members.bert-ce.augment": ["swapped"]}).augment["swapped"]
    assert entry.copies == 3
    assert entry.method == {"name": "random_swap", "share": 0.3}
    assert entry.segment == {"name": "whitespace"}


def test_toy_trains_small_vectors_and_makes_one_copy(load):
    entry = {"kind": "word2vec", "dimensions": 300, "epochs": 20}
    params = load({"toy": True, "vectors.w2v": entry, "augment": {"swapped": SWAPPED | {"copies": 9}}})
    assert (params.vectors["w2v"].dimensions, params.vectors["w2v"].epochs) == (16, 1)
    assert params.augment["swapped"].copies == 1


@pytest.mark.parametrize("word", words("augmentation"))
def test_every_method_needs_no_argument(load, word):
    assert load({"augment": {"x": {**SWAPPED, "method": word}}}).augment["x"].method["name"] == word


def test_members_start_from_either_kind(load):
    assert load({**W2V, "members.tfidf-svm.from": "models/vectors/w2v"}).members["tfidf-svm"].from_.endswith("w2v")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"vectors.tfidf": {}}, "vectors.tfidf.kind: is missing; one of: tfidf, word2vec"),
        (
            {"vectors.tfidf": {"kind": "tf-idf"}},
            "vectors.tfidf.kind: got 'tf-idf', one of: tfidf, word2vec; did you mean 'tfidf'?",
        ),
        (
            {"vectors.w2v": {"kind": "word2vec", "windw": 3}},
            "vectors.w2v.windw: is not a known key; allowed here: kind, segment, dimensions, window, min_count, "
            "epochs, negative, skip_gram, weighting, seed; did you mean 'window'?",
        ),
        (
            {"vectors.w2v": {"kind": "word2vec", "dimensions": 0}},
            "vectors.w2v.dimensions: got 0, 1 or more is allowed",
        ),
        ({"defaults.word2vec.seed": -1, **W2V}, "defaults.word2vec.seed: got -1, 0 or more is allowed"),
        (
            {"defaults.word2vec.kind": "word2vec"},
            "defaults.word2vec.kind: cannot have a default: every entry says its own",
        ),
        (
            {"vectors.tfidf": {"kind": "tfidf", "segment": "jeiba"}},
            "vectors.tfidf.segment: got 'jeiba', one of: whitespace, characters, jieba; did you mean 'jieba'?",
        ),
        (
            jieba(hashtag=True),
            "vectors.tfidf.segment.hashtag: is not a known key; allowed here: dictionary, new_words, hashtags; did you "
            "mean 'hashtags'?",
        ),
        (
            jieba(new_words=NEW_WORDS | {"min_cuont": 3}),
            "vectors.tfidf.segment.new_words.min_cuont: is not a known key; allowed here: min_count, min_pmi, "
            "min_entropy, max_length; did you mean 'min_count'?",
        ),
        (
            jieba(new_words=NEW_WORDS | {"max_length": 1}),
            "vectors.tfidf.segment.new_words.max_length: got 1, 2 or more is allowed",
        ),
        (
            jieba(new_words=True),
            "vectors.tfidf.segment.new_words: got true, a mapping of keys to values is allowed",
        ),
        (
            {"vectors.tfidf": {"kind": "tfidf", "segment": "jieba", "analyzer": "char"}},
            "vectors.tfidf: segment: got 'jieba', which analyzer: char does not look at; set analyzer: word or "
            "segment: whitespace",
        ),
        (
            {"augment": {"x": {**SWAPPED, "method": "random_swop"}}},
            f"augment.x.method: got 'random_swop', one of: {', '.join(words('augmentation'))}; did "
            "you mean 'random_swap'?",
        ),
        ({"augment": {"x": SWAPPED | {"copies": 0}}}, "augment.x.copies: got 0, 1 or more is allowed"),
        ({"defaults.augment.from": "x"}, "defaults.augment.from: cannot have a default: every entry says its own"),
        (
            {"augment": {"x": {**SWAPPED, "from": "models/vectors/tfidf"}}},
            "augment.x.from: got 'models/vectors/tfidf', vectors of kind word2vec are needed, one of: none",
        ),
        (
            {**W2V, "augment": {"x": {**SWAPPED, "from": "models/vectors/w2w"}}},
            "augment.x.from: got 'models/vectors/w2w', vectors of kind word2vec are needed, one of: models/vectors/w2v",
        ),
        (
            {"augment": {"swapped": SWAPPED}, "members.tfidf-svm.augment": ["swaped"]},
            "members.tfidf-svm.augment.0: nothing makes it: got 'swaped', one of: swapped; did you mean 'swapped'?",
        ),
        (
            {"augment": {"swapped": SWAPPED}, "members.tfidf-svm.augment": ["swapped", "swapped"]},
            "members.tfidf-svm.augment: 'swapped' stands in the list twice",
        ),
        ({"augment": None}, "augment: got null, a mapping of keys to values is allowed; write {} where nothing is set"),
    ],
)
def test_one_mistake_gives_one_line(errors, change, line):
    assert errors(change) == [line]
