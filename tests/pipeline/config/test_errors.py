"""Every kind of mistake in params.yaml, with the exact line that it gives."""

import math

import pytest

from pipeline.config import schema
from pipeline.config.data_sections import Folds
from pipeline.members.neural.recipe import EarlyStop
from pipeline.registry import words

NEURAL = "members.bert-ce"
LOSSES = ", ".join(words("losses"))
KINDS = ", ".join(schema.MEMBER_RECIPES)
NEURAL_RECIPE, LINEAR_RECIPE = schema.MEMBER_RECIPES["neural"], schema.MEMBER_RECIPES["linear"]
NAME = "a name of small letters, digits and single hyphens is allowed, as in 'bert-ce'"


def keys(section):
    """What a section may hold, as messages list it."""
    return ", ".join(field.alias or name for name, field in section.model_fields.items())


@pytest.mark.parametrize(
    ("change", "line"),
    [
        # unknown keys
        (
            {"folds.n_fold": 5},
            f"folds.n_fold: is not a known key; allowed here: {keys(Folds)}; did you mean 'n_folds'?",
        ),
        (
            {f"{NEURAL}.early_stop": {"patiense": 2}},
            f"{NEURAL}.early_stop.patiense: is not a known key; allowed here: {keys(EarlyStop)}; "
            "did you mean 'patience'?",
        ),
        (
            {"members.tfidf-svm.poolr": "cls"},
            f"members.tfidf-svm.poolr: is not a known key; allowed here: {keys(LINEAR_RECIPE)}",
        ),
        (
            {"stackdocs": {"seed": 1}},
            "stackdocs: is now `embedded: {stackdocs: {…}}`; a competition of your own has `embedded: {}`",
        ),
        ({"runtime.1": 2}, f"runtime.1: is not a known key; allowed here: {keys(schema.Runtime)}"),
        # wrong types
        ({"runtime.threads": "two"}, "runtime.threads: got 'two', a whole number is allowed"),
        ({"runtime.threads": 2.0}, "runtime.threads: got 2.0, a whole number is allowed"),
        ({"runtime.threads": True}, "runtime.threads: got true, a whole number is allowed"),
        (
            {"class_weights.shrinkage": "0.5"},
            "class_weights.shrinkage: got '0.5', a number from 0 to 1 or auto is allowed",
        ),
        (
            {"class_weights.shrinkage": False},
            "class_weights.shrinkage: got false, a number from 0 to 1 or auto is allowed",
        ),
        ({f"{NEURAL}.clip": math.inf}, f"{NEURAL}.clip: got inf, a finite number is allowed"),
        ({"toy": "yes"}, "toy: got 'yes', true or false is allowed"),
        ({"toy": 1}, "toy: got 1, true or false is allowed"),
        ({"data.columns.label": 3}, "data.columns.label: got 3, text is allowed; put it in quotes"),
        ({"data.columns.label": ["x"]}, "data.columns.label: got ['x'], text is allowed"),
        ({"data.labels": [0, "1"]}, "data.labels.0: got 0, text is allowed; put it in quotes"),
        ({"data.train": "train.csv"}, "data.train: got 'train.csv', a list is allowed"),
        ({"data.train": []}, "data.train: got [], a list of 1 or more is allowed"),
        (
            {"vectors.tfidf": {"kind": "tfidf", "ngrams": [1, 2, 3]}},
            "vectors.tfidf.ngrams: got [1, 2, 3], a list of 2 or fewer is allowed",
        ),
        ({"runtime": 3}, "runtime: got 3, a mapping of keys to values is allowed"),
        # nothing where something has to be
        (
            {"encoders.tiny-bert.align": None},
            "encoders.tiny-bert.align: got null, a mapping of keys to values is allowed; write {} where nothing is set",
        ),
        (
            {"vectors": {"tfidf": None}},
            "vectors.tfidf: got null, a mapping of keys to values is allowed; write {} where nothing is set",
        ),
        ({"hub": None}, "hub: got null, a mapping of keys to values is allowed; write {} where nothing is set"),
        (
            {"members": None},
            "members: got null, a mapping of keys to values is allowed; write {} where nothing is set",
        ),
        ({"members": {}}, "members: is empty, and so is external; an ensemble needs an entry in either"),
        ({"fusion": ...}, "fusion: is missing"),
        ({"folds.seed": ...}, "folds.seed: is missing"),
        ({"encoders.tiny-bert.reference": ...}, "encoders.tiny-bert.reference: is missing"),
        ({"runtime": {"seed": 1}}, "runtime: threads, precision are missing"),
        # ranges
        ({"folds.n_folds": 1}, "folds.n_folds: got 1, 2 or more is allowed"),
        (
            {"class_weights.shrinkage": 1.5},
            "class_weights.shrinkage: got 1.5, a number from 0 to 1 or auto is allowed",
        ),
        ({f"{NEURAL}.clip": 0}, f"{NEURAL}.clip: got 0, more than 0 is allowed"),
        (
            {f"{NEURAL}.early_stop": {"share": 0.5}},
            f"{NEURAL}.early_stop.share: got 0.5, less than 0.5 is allowed",
        ),
        # words
        (
            {"runtime.precision": "bf32"},
            "runtime.precision: got 'bf32', one of: fp32, bf16, fp16; did you mean 'fp32'?",
        ),
        (
            {"members.nezha-dice.loss": "dise"},
            f"members.nezha-dice.loss: got 'dise', one of: {LOSSES}; did you mean 'dice'?",
        ),
        (
            {"members.nezha-dice.loss": None},
            f"members.nezha-dice.loss: got null, a word or a mapping with `name` is allowed; words: {LOSSES}",
        ),
        (
            {f"{NEURAL}.class_weights": "balance"},
            f"{NEURAL}.class_weights: got 'balance', one of: {', '.join(words('imbalance'))}; did you mean 'balanced'?",
        ),
        (
            {"data.clean": ["strip_whitespace", "lower"]},
            f"data.clean.1: got 'lower', one of: {', '.join(words('cleaning'))}; did you mean 'lower_case'?",
        ),
        (
            {"data.clean": [{"name": "squeeze_repeats", "longest": "3"}]},
            "data.clean.0.longest: got '3', a whole number is allowed",
        ),
        (
            {"data.clean": ["squeeze_repeats"], "defaults.cleaning.squeeze_repeats": ...},
            "data.clean.0: squeeze_repeats needs 'longest': give it here or under defaults.cleaning.squeeze_repeats",
        ),
        (
            {"data.clean": [{"name": "drop_characters", "classes": ["latin", "greek"]}]},
            "data.clean.0.classes.1: got 'greek', one of: latin, digits, punctuation",
        ),
        (
            {"scratch.tiny-bert.architecture.name": "brt"},
            "scratch.tiny-bert.architecture.name: got 'brt', one of: bert, nezha; did you mean 'bert'?",
        ),
        ({"class_weights.methods": ["none", "none"]}, "class_weights.methods: 'none' stands in the list twice"),
        ({"fusion.rules": ["vote_first", "vote_first"]}, "fusion.rules: 'vote_first' stands in the list twice"),
        # pieces and their arguments
        (
            {f"{NEURAL}.loss": {"name": "dise"}},
            f"{NEURAL}.loss.name: got 'dise', one of: {LOSSES}; did you mean 'dice'?",
        ),
        (
            {f"{NEURAL}.loss": {"gamma": 1.0}},
            f"{NEURAL}.loss: got {{'gamma': 1.0}}, a word or a mapping with `name` is allowed; words: {LOSSES}",
        ),
        (
            {f"{NEURAL}.loss": {"name": "focal", "gama": 1.0}},
            f"{NEURAL}.loss.gama: is not a known key; allowed here: gamma; did you mean 'gamma'?",
        ),
        (
            {f"{NEURAL}.loss": {"name": "focal", "gamma": "1.0"}},
            f"{NEURAL}.loss.gamma: got '1.0', a number is allowed",
        ),
        (
            {f"{NEURAL}.poolers": ["cls", {"name": "dynamic_routing", "capsules": 4.0}]},
            f"{NEURAL}.poolers.1.capsules: got 4.0, a whole number is allowed",
        ),
        (
            {f"{NEURAL}.loss": "focal", "defaults.losses.focal": ...},
            f"{NEURAL}.loss: focal needs 'gamma': give it here or under defaults.losses.focal",
        ),
        # kinds
        (
            {f"{NEURAL}.kind": "neurals"},
            f"{NEURAL}.kind: got 'neurals', one of: {KINDS}; did you mean 'neural'?",
        ),
        ({f"{NEURAL}.kind": [1]}, f"{NEURAL}.kind: got [1], one of: {KINDS}"),
        ({f"{NEURAL}.kind": ...}, f"{NEURAL}.kind: is missing; one of: {KINDS}"),
        # names
        (
            {"vectors": {"tfidf": {"kind": "tfidf"}, "Char_3": {"kind": "tfidf"}}},
            f"vectors.Char_3: got 'Char_3', {NAME}",
        ),
        (
            {"external": {"my--llm": {"from": "data/external/x"}}},
            f"external.my--llm: got 'my--llm', {NAME}",
        ),
        (
            {"data.competition": "raw/daguan"},
            "data.competition: got 'raw/daguan', the name of one folder in data/raw/ is allowed: "
            "letters, digits, _, . and -",
        ),
        (
            {"hub": {"wwm": {"repo": "hfl/x", "revision": "main"}}},
            "hub.wwm.revision: got 'main', the whole hash of a commit is allowed, 40 hex digits: "
            "a branch or tag may move",
        ),
        # what does not go together in one section
        (
            {"scratch.tiny-nezha.architecture.heads": 3},
            "scratch.tiny-nezha.architecture: hidden (128) must be a multiple of heads (3)",
        ),
        (
            {"encoders.tiny-bert.post_train": {"steps": 100, "checkpoints": [50, 100]}},
            "encoders.tiny-bert.post_train: checkpoints [50, 100] must lie before the last step, 100",
        ),
        (
            {"vectors.tfidf": {"kind": "tfidf", "ngrams": [3, 1]}},
            "vectors.tfidf: ngrams: got [3, 1], [shortest, longest] is allowed",
        ),
    ],
)
def test_one_mistake_gives_one_line(errors, change, line):
    assert errors(change) == [line]


def test_a_bad_member_name(errors):
    member = {"kind": "linear", "from": "models/vectors/tfidf"}
    assert errors({"members": {"Bert_CE": member}}) == [f"members.Bert_CE: got 'Bert_CE', {NAME}"]


def test_all_mistakes_are_told_at_once_in_order(errors):
    of_linear = keys(LINEAR_RECIPE).removeprefix("kind, from, ")
    assert errors({
        "toy": "no",
        "folds.n_fold": 3,
        "members.bert-ce.loss": "dise",
        "members.bert-ce.epochs": 0,
        "members.nezha-dice.from": "models/encoders/tiny-nezah",
        "members.tfidf-svm.kind": "svm",
        "external": {"bert-ce": {"from": "data/external/x"}},
        "defaults.linear.c": 1,
    }) == [
        f"defaults.linear.c: is not a known key; allowed here: {of_linear}",
        "external.bert-ce: the name is taken by a member; give one of them another name",
        f"folds.n_fold: is not a known key; allowed here: {keys(Folds)}; did you mean 'n_folds'?",
        "members.bert-ce.epochs: got 0, 1 or more is allowed",
        f"members.bert-ce.loss: got 'dise', one of: {LOSSES}; did you mean 'dice'?",
        "members.nezha-dice.from: nothing makes it: got 'models/encoders/tiny-nezah', one of: "
        "models/pretrained/tiny-bert, models/pretrained/tiny-nezha, models/aligned/tiny-bert, "
        "models/aligned/tiny-nezha, "
        "models/encoders/tiny-bert, models/encoders/tiny-nezha; "
        "did you mean 'models/encoders/tiny-nezha'?",
        f"members.tfidf-svm.kind: got 'svm', one of: {KINDS}",
        "toy: got 'no', true or false is allowed",
    ]  # fmt: skip


def test_all_mistakes_of_one_piece_are_told(errors):
    piece = {"name": "dice", "alpha": "x", "smoth": 1.0}
    assert errors({"members.bert-ce.loss": piece, "defaults.losses.dice": {"smooth": 1.0}}) == [
        "members.bert-ce.loss.alpha: got 'x', a number is allowed",
        "members.bert-ce.loss.smoth: is not a known key; allowed here: alpha, smooth, squared_denominator, "
        "hardest_share; did you mean 'smooth'?",
        "members.bert-ce.loss: dice needs 'hardest_share': give it here or under defaults.losses.dice",
        "members.bert-ce.loss: dice needs 'squared_denominator': give it here or under defaults.losses.dice",
        "members.nezha-dice.loss: dice needs 'alpha': give it here or under defaults.losses.dice",
        "members.nezha-dice.loss: dice needs 'hardest_share': give it here or under defaults.losses.dice",
        "members.nezha-dice.loss: dice needs 'squared_denominator': give it here or under defaults.losses.dice",
    ]


def test_members_may_be_called_like_kinds(errors, load):
    """`neural` is also what pydantic puts into the place of an error in a member of that kind."""
    member = {"kind": "neural", "from": "models/encoders/tiny-bert"}
    assert set(load({"members": {"neural": member, "linear": member}}).members) == {"neural", "linear"}
    assert errors({"members": {"neural": member | {"epochs": 0}, "linear": member | {"epoch": 1}}}) == [
        f"members.linear.epoch: is not a known key; allowed here: {keys(NEURAL_RECIPE)}; did you mean 'epochs'?",
        "members.neural.epochs: got 0, 1 or more is allowed",
    ]


def test_long_values_are_shortened(errors):
    (line,) = errors({"data.test": [f"part-{i}.csv" for i in range(100)]})
    assert line == f"data.test: got {str([f'part-{i}.csv' for i in range(100)])[:60]}…, text is allowed"
