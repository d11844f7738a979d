"""Entries that are right by themselves and wrong together."""

import pytest

LINEAR = {"kind": "linear", "from": "models/vectors/tfidf"}


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            {"external": {"bert-ce": {"from": "data/external/x"}}},
            "external.bert-ce: the name is taken by a member; give one of them another name",
        ),
        (
            {"hub": {"tiny-bert": {"repo": "a/b", "revision": "0" * 40}}},
            "scratch.tiny-bert: the name is taken under hub; both would make models/pretrained/tiny-bert",
        ),
        (
            {"members": {"svm": LINEAR | {"from": "models/vectors/tf-idf"}}},
            "members.svm.from: nothing makes it: got 'models/vectors/tf-idf', one of: models/vectors/tfidf; "
            "did you mean 'models/vectors/tfidf'?",
        ),
        (
            {"members": {"svm": LINEAR | {"from": "models/encoders/tiny-bert"}}},
            "members.svm.from: got 'models/encoders/tiny-bert', vectors of kind tfidf or vectors of kind word2vec is "
            "needed, one of: models/vectors/tfidf",
        ),
        (
            {"encoders.tiny-bert.from": "models/vectors/tfidf", "encoders.tiny-nezha.from": "models/elsewhere"},
            "encoders.tiny-bert.from: got 'models/vectors/tfidf', an encoder is needed, one of: "
            "models/pretrained/tiny-bert, models/pretrained/tiny-nezha, models/encoders/tiny-nezha",
        ),
        (
            {"encoders.tiny-bert.from": "models/encoders/tiny-bert", "scratch": {}, "hub": {}}
            | {f"encoders.{name}.reference": "data/counts.json" for name in ("tiny-bert", "tiny-nezha")}
            | {"encoders.tiny-nezha.from": "/data/nezha"},
            "encoders.tiny-bert.from: nothing makes it: got 'models/encoders/tiny-bert', one of: "
            "models/encoders/tiny-nezha; did you mean 'models/encoders/tiny-nezha'?",
        ),
        (
            {"encoders.tiny-bert.align": {"method": "context"}},
            "encoders.tiny-bert.reference: got 'models/pretrained/tiny-bert/token_counts.json', alignment by context "
            "needs plain text, not counts",
        ),
        (
            {"encoders.tiny-bert.reference": "models/pretrained/tiny-brt/token_counts.json"},
            "encoders.tiny-bert.reference: nothing makes it: got 'models/pretrained/tiny-brt/token_counts.json', one "
            "of: models/pretrained/tiny-bert/token_counts.json, models/pretrained/tiny-nezha/token_counts.json; "
            "did you mean 'models/pretrained/tiny-bert/token_counts.json'?",
        ),
        (
            {"members.bert-ce.max_length": 129},
            "members.bert-ce.max_length: got 129, 128 or less is allowed: "
            "scratch.tiny-bert.architecture.max_length is 128",
        ),
        (
            {"scratch.tiny-bert.mlm": {"max_length": 200}},
            "scratch.tiny-bert.mlm.max_length: got 200, 128 or less is allowed: "
            "scratch.tiny-bert.architecture.max_length is 128",
        ),
    ],
)
def test_one_clash_gives_one_line(errors, change, line):
    assert errors(change) == [line]


def test_an_encoder_that_nothing_makes(errors):
    (line,) = errors({"members.bert-ce.from": "models/encoders/tiny-brt"})
    assert line.startswith(
        "members.bert-ce.from: nothing makes it: got 'models/encoders/tiny-brt', one of: models/pretrained/"
    )
    assert line.endswith("; did you mean 'models/encoders/tiny-bert'?")


def test_members_may_start_from_checkpoints_of_post_training(load, errors):
    steps = {"encoders.tiny-bert.post_train": {"checkpoints": [100, 200]}}
    load(steps | {"members.bert-ce.from": "models/encoders/tiny-bert/step-200"})
    (line,) = errors(steps | {"members.bert-ce.from": "models/encoders/tiny-bert/step-300"})
    assert line.startswith("members.bert-ce.from: nothing makes it: got 'models/encoders/tiny-bert/step-300', one of: ")
    assert "models/encoders/tiny-bert, models/encoders/tiny-bert/step-100, models/encoders/tiny-bert/step-200" in line


@pytest.mark.parametrize(
    "path",
    [
        "models/encoders/tiny-bert/",
        "./models/encoders/tiny-bert",
        "models/pretrained/tiny-bert",
        "models/aligned/tiny-bert",
        "/data/checkpoints/roberta",
        "../checkpoints/models/encoders/any",
        "models/mine",
    ],
)
def test_a_member_may_start_from_what_is_made_and_from_any_other_directory(load, path):
    assert load({"members.bert-ce.from": path}).members["bert-ce"].from_ == path


def test_every_clash_is_told_beside_other_mistakes(errors):
    lines = errors({
        "toy": 1,
        "members.bert-ce.from": "models/encoders/x",
        "members.nezha-dice.from": "models/encoders/y",
        "external": {"bert-ce": {"from": "x"}, "nezha-dice": {"from": "y"}},
    })  # fmt: skip
    assert [line.split(": ")[0] for line in lines] == [
        "external.bert-ce",
        "external.nezha-dice",
        "members.bert-ce.from",
        "members.nezha-dice.from",
        "toy",
    ]


def test_only_members_trained_elsewhere_are_an_ensemble_too(load):
    assert load({"members": {}, "external": {"a": {"from": "x"}}}).members == {}


def test_lengths_follow_the_encoder_through_alignment_and_post_training(errors):
    shape = {"name": "bert", "layers": 1, "hidden": 8, "heads": 2, "intermediate": 8, "max_length": 64}
    lines = errors({"scratch.tiny-bert.architecture": shape, "members.nezha-dice.from": "models/aligned/tiny-bert"})
    limit = "got 128, 64 or less is allowed: scratch.tiny-bert.architecture.max_length is 64"
    assert lines == [
        f"encoders.tiny-bert.post_train.max_length: {limit}",
        f"members.bert-ce.max_length: {limit}",
        f"members.nezha-dice.max_length: {limit}",
        f"scratch.tiny-bert.mlm.max_length: {limit}",
    ]


def test_relative_positions_have_no_limit(load):
    load({"members.nezha-dice.max_length": 512})


def test_text_from_outside_has_to_be_made_by_an_entry(load, errors):
    weibo = {"from": "data/external/weibo.jsonl.gz", "select": {"method": "tfidf", "n": 10}}
    corpus = {"encoders.tiny-bert.corpus": "./data/unlabelled/weibo.parquet"}
    params = load({"unlabelled": {"weibo": weibo}, **corpus, "encoders.tiny-nezha.corpus": "data/external/mine.txt"})
    assert params.unlabelled["weibo"].column == "text"
    assert params.unlabelled["weibo"].select.method["name"] == "tfidf"
    assert errors({"unlabelled": {"webo": weibo}, **corpus, "scratch.tiny-bert.from": "data/unlabelled/x.parquet"}) == [
        "encoders.tiny-bert.corpus: nothing makes it: got 'data/unlabelled/weibo.parquet', "
        "one of: data/unlabelled/webo.parquet; did you mean 'data/unlabelled/webo.parquet'?",
        "scratch.tiny-bert.from: nothing makes it: got 'data/unlabelled/x.parquet', "
        "one of: data/unlabelled/webo.parquet; did you mean 'data/unlabelled/webo.parquet'?",
    ]


def test_selection_may_be_null_and_not_left_out(load, errors):
    assert load({"unlabelled": {"weibo": {"from": "x.txt", "select": None}}}).unlabelled["weibo"].select is None
    assert errors({"unlabelled": {"weibo": {"from": "x.txt"}}}) == ["unlabelled.weibo.select: is missing"]
    assert errors({"unlabelled": {"weibo": {"from": "x.txt", "select": {"method": "tf-idf", "n": 0}}}}) == [
        "unlabelled.weibo.select.method: got 'tf-idf', one of: tfidf, lsa; did you mean 'tfidf'?",
        "unlabelled.weibo.select.n: got 0, 1 or more is allowed",
    ]


def test_a_checkpoint_of_ones_own_among_those_that_stages_make_is_told_where_it_goes(errors):
    (line,) = errors({"encoders.tiny-bert.from": "models/pretrained/mine"})
    assert line.startswith("encoders.tiny-bert.from: nothing makes it: got 'models/pretrained/mine', one of: ")
    assert line.endswith("; a checkpoint of your own lies in a folder of your own, models/own/…")
