"""What members can and cannot do with the vectors that they start from."""

import pytest

VECTORS = {"tfidf": {"kind": "tfidf"}, "w2v": {"kind": "word2vec"}, "random": {"kind": "word2vec", "epochs": 0}}


def member(**keys):
    return {"vectors": VECTORS, "members": {"m": keys}}


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("neural", "models/vectors/w2v"),
        ("neural", "models/vectors/random"),
        ("linear", "models/vectors/w2v"),
        ("mlp", "models/vectors/w2v"),
        ("mlp", "models/vectors/tfidf"),
        ("mlp", "models/encoders/tiny-bert"),
        ("mlp", "/data/roberta"),
    ],
)
def test_what_each_kind_may_start_from(load, kind, source):
    poolers = {"poolers": ["max"]} if kind == "neural" else {}
    assert load(member(kind=kind, **{"from": source}, **poolers)).members["m"].kind == kind


def test_a_table_of_words_has_no_limit_of_length(load):
    keys = {"from": "models/vectors/w2v", "max_length": 9999, "poolers": ["mean"]}
    assert load({"vectors": VECTORS, **{f"members.bert-ce.{key}": value for key, value in keys.items()}})


def test_a_recurrent_layer_makes_the_first_word_speak_for_the_text(load):
    load(member(kind="neural", **{"from": "models/vectors/w2v"}, sequence=["lstm"], poolers=["cls"]))


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (
            {"kind": "neural", "from": "models/vectors/tfidf"},
            "members.m.from: got 'models/vectors/tfidf', an encoder or vectors of kind word2vec is needed, one of: "
            "models/pretrained/tiny-bert, models/pretrained/tiny-nezha, models/aligned/tiny-bert, "
            "models/aligned/tiny-nezha, models/encoders/tiny-bert, models/encoders/tiny-nezha, models/vectors/w2v, "
            "models/vectors/random",
        ),
        (
            {
                "kind": "neural",
                "from": "models/vectors/w2v",
                "poolers": ["max"],
                "lora": {"rank": 4, "alpha": 8.0, "dropout": 0.0},
            },
            "members.m.lora: is for transformers: word vectors have no matrices to update; set it to null",
        ),
        (
            {"kind": "neural", "from": "models/vectors/w2v", "poolers": ["mean", "cls"]},
            "members.m.poolers.1: cls would read the first word alone: word vectors have no token for the whole text; "
            "mean, max, self_attention or dynamic_routing is allowed, or lstm or gru in sequence",
        ),
        (
            {"kind": "neural", "from": "models/vectors/w2v", "sequence": ["gru", "word_conv"]},
            "members.m.sequence.1: word_conv is for the tokens of a transformer: the tokens of word vectors are "
            "words already",
        ),
        (
            {"kind": "linear", "from": "models/vectors/w2v", "weighting": "naive_bayes"},
            "members.m.weighting: got 'naive_bayes', which counts words: vectors of kind tfidf are needed, or "
            "weighting: none",
        ),
        (
            {"kind": "mlp", "from": "models/vectors/tfidf", "hidden": []},
            "members.m.hidden: got [], a list of 1 or more is allowed",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(errors, keys, line):
    assert errors(member(**keys)) == [line]


def test_layers_are_not_to_choose_from(errors):
    """Whatever other words there are, and also a wrong one, which has a line of its own."""
    lines = errors(member(kind="neural", layers={"name": "hire"}, **{"from": "models/vectors/w2v"}))
    assert "members.m.layers: got 'hire', only last is allowed: word vectors have no layers to choose from" in lines


def test_random_vectors_have_no_neighbours(errors):
    method = {"method": "synonym_replacement", "from": "models/vectors/random"}
    assert errors({"vectors": VECTORS, "augment": {"x": method}}) == [
        "augment.x.from: got 'models/vectors/random', vectors of kind word2vec are needed, one of: models/vectors/w2v"
    ]
