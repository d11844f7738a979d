"""Entries over defaults, and the defaults' own mistakes."""

import copy
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.config import load_params, schema
from pipeline.config.defaults import FAMILIES, SECTIONS, fill_defaults, lay_over_defaults, read_defaults
from pipeline.errors import UserError
from pipeline.registry import words

ROOT = Path(__file__).parents[3]

LOSSES = ", ".join(words("losses"))
OF_A_TRANSFORMER = ", ".join(list(schema.MEMBER_RECIPES["neural"].model_fields)[2:])

# ── What fills what ─────────────────────────────────────────────────────────────────────────────────────────────


def test_an_entry_takes_what_it_does_not_say(load):
    params = load({"defaults.neural.epochs": 5, "members.nezha-dice.epochs": 7})
    assert params.members["bert-ce"].epochs == 5
    assert params.members["nezha-dice"].epochs == 7


def test_nested_mappings_merge(load):
    params = load({"members.bert-ce.learning_rate": {"head": 0.5}, "members.bert-ce.early_stop": {"on": "inner"}})
    learning_rate, defaults = params.members["bert-ce"].learning_rate, params.members["nezha-dice"].learning_rate
    assert learning_rate.head == 0.5
    assert (learning_rate.embeddings, learning_rate.encoder) == (defaults.embeddings, defaults.encoder)
    assert params.members["bert-ce"].early_stop.patience == 3


def test_a_piece_replaces_the_default_piece_whole(load):
    """An argument of another loss must not leak in."""
    params = load({
        "defaults.neural.loss": {"name": "focal", "gamma": 9.0},
        "members.nezha-dice.loss": {"name": "dice", "alpha": 0.5},
        "members.bert-ce.loss": {"name": "focal"},
        "defaults.losses.focal.gamma": 2.0,
    })  # fmt: skip
    assert params.members["nezha-dice"].loss == {
        "name": "dice",
        "alpha": 0.5,
        "smooth": 1.0,
        "squared_denominator": True,
        "hardest_share": 1.0,
    }
    assert params.members["bert-ce"].loss == {"name": "focal", "gamma": 2.0}


def test_a_word_replaces_a_default_piece(load):
    params = load({"defaults.neural.loss": {"name": "focal", "gamma": 9.0}, "members.bert-ce.loss": "focal"})
    assert params.members["bert-ce"].loss == {"name": "focal", "gamma": 1.0}
    assert params.entry("members", "nezha-dice").loss["name"] == "dice"


def test_null_takes_a_default_away(load):
    contrastive = {"loss": "supcon", "weight": 0.2, "on": "samples"}
    params = load({
        "defaults.neural.contrastive": contrastive,
        "members.nezha-dice.contrastive": None,
    })  # fmt: skip
    assert params.members["nezha-dice"].contrastive is None
    assert params.members["bert-ce"].contrastive.loss == {"name": "supcon", "temperature": 0.5}


def test_a_list_replaces_a_list(load):
    assert load({"vectors.tfidf": {"kind": "tfidf", "ngrams": [2, 3]}}).vectors["tfidf"].ngrams == [2, 3]


def test_pretraining_and_post_training_share_their_defaults(load):
    params = load(
        {"defaults.masked_lm.mlm_probability": 0.4, "encoders.tiny-bert.post_train": {"mlm_probability": 0.2}}
    )
    assert params.scratch["tiny-bert"].mlm.mlm_probability == 0.4
    assert params.encoders["tiny-nezha"].post_train.mlm_probability == 0.4
    assert params.encoders["tiny-bert"].post_train.mlm_probability == 0.2


def test_a_piece_says_its_arguments_in_one_order(load):
    """The recipe's bytes must not depend on where an argument was written."""
    params = load({"members.bert-ce.loss": {"smooth": 1.0, "name": "dice", "alpha": 0.3}})
    assert list(params.members["bert-ce"].loss.items()) == list(params.members["nezha-dice"].loss.items())


def test_a_whole_number_may_stand_for_a_number(load):
    loss = load({"members.bert-ce.loss": {"name": "focal", "gamma": 2}}).members["bert-ce"].loss
    assert loss == {"name": "focal", "gamma": 2.0}
    assert isinstance(loss["gamma"], float)


def test_filling_leaves_what_was_read_as_it_was():
    given = {"tfidf": {"kind": "tfidf", "min_df": 2}}
    raw = {"vectors": copy.deepcopy(given), "defaults": {"tfidf": {"min_df": 1, "ngrams": [1, 2]}}}
    filled = fill_defaults(raw)
    assert filled["vectors"]["tfidf"] == {"kind": "tfidf", "min_df": 2, "ngrams": [1, 2]}
    filled["vectors"]["tfidf"]["ngrams"].append(3)
    assert raw == {"vectors": given, "defaults": {"tfidf": {"min_df": 1, "ngrams": [1, 2]}}}


# ── Mistakes in the defaults, told once ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"defaults.neural.epochs": "many"}, "defaults.neural.epochs: got 'many', a whole number is allowed"),
        ({"defaults.neural.head": {"p": 1.0}}, "defaults.neural.head.p: got 1.0, less than 1 is allowed"),
        (
            {"defaults.neural.loss": "dise"},
            f"defaults.neural.loss: got 'dise', one of: {LOSSES}; did you mean 'dice'?",
        ),
        (
            {"defaults.neural.loss": {"name": "dice", "alfa": 1.0}},
            "defaults.neural.loss.alfa: is not a known key; allowed here: alpha, smooth, squared_denominator, "
            "hardest_share; did you mean 'alpha'?",
        ),
        (
            {"defaults.masked_lm.checkpoints": [400]},
            "defaults.masked_lm: checkpoints [400] must lie before the last step, 400",
        ),
        ({"defaults.tfidf.ngrams": [2, 1]}, "defaults.tfidf: ngrams: got [2, 1], [shortest, longest] is allowed"),
        (
            {"defaults.align.method": "frequencies"},
            f"defaults.align.method: got 'frequencies', one of: {', '.join(words('alignment'))}; "
            "did you mean 'frequency'?",
        ),
        # arguments of pieces, used or not
        ({"defaults.losses.dice.alpha": "0.3"}, "defaults.losses.dice.alpha: got '0.3', a number is allowed"),
        ({"defaults.losses.focal.gamma": True}, "defaults.losses.focal.gamma: got true, a number is allowed"),
        (
            {"defaults.losses.focal": {"gama": 1.0}},
            "defaults.losses.focal.gama: is not a known key; allowed here: gamma; did you mean 'gamma'?",
        ),
        (
            {"defaults.losses.dise": {}},
            f"defaults.losses.dise: got 'dise', one of: {LOSSES}; did you mean 'dice'?",
        ),
        ({"defaults.losses.focal": 0.1}, "defaults.losses.focal: got 0.1, a mapping of arguments is allowed"),
        # sections
        (
            {"defaults.losse": {}},
            f"defaults.losse: is not a known key; allowed here: {', '.join([*SECTIONS, *FAMILIES])}; "
            "did you mean 'losses'?",
        ),
        ({"defaults.poolers": ["cls"]}, "defaults.poolers: got ['cls'], a mapping of keys to values is allowed"),
        (
            {"defaults.linear.from": "models/vectors/tfidf"},
            "defaults.linear.from: cannot have a default: every entry says its own",
        ),
    ],
)
def test_a_mistake_in_the_defaults_is_told_there_and_once(errors, change, line):
    lines = errors(change)
    assert [found for found in lines if found.startswith("defaults.")] == [line]
    assert all("is missing" in found or "needs" in found or "are missing" in found for found in lines if found != line)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            {"defaults.neural.dropuot": 0.1},
            f"defaults.neural.dropuot: is not a known key; allowed here: {OF_A_TRANSFORMER}; did you mean 'dropout'?",
        ),
        ({"defaults.neural.clip": -1}, "defaults.neural.clip: got -1, more than 0 is allowed"),
    ],
)
def test_defaults_are_checked_where_nobody_uses_them(errors, change, line):
    only_linear = {"members": {"svm": {"kind": "linear", "from": "models/vectors/tfidf"}}}
    assert errors(only_linear | change) == [line]
    assert errors(change) == [line]


def test_defaults_that_nobody_needs_may_be_absent(load):
    only_linear = {"members": {"svm": {"kind": "linear", "from": "models/vectors/tfidf"}}}
    load(only_linear | {"defaults.neural": ..., "defaults.losses": ..., "defaults.contrastive": ...})


def test_what_neither_says_may_be_written_in_either(errors):
    assert errors({"defaults.linear.C": ...}) == [
        "members.tfidf-svm.C: is missing; give it here or under defaults.linear"
    ]
    assert errors({"defaults.tfidf": {"segment": "whitespace", "analyzer": "word", "ngrams": [1, 1], "min_df": 1}}) == [
        "vectors.tfidf: sublinear_tf, max_features are missing; give them here or under defaults.tfidf"
    ]


def test_a_missing_section_of_defaults_gives_one_line_an_entry(errors):
    lines = errors({"defaults.masked_lm": ...})
    assert [line.split(": ")[0] for line in lines] == [
        "encoders.tiny-bert.post_train",
        "encoders.tiny-nezha.post_train",
        "scratch.tiny-bert.mlm",
        "scratch.tiny-nezha.mlm",
    ]
    assert lines[0].endswith("evaluate_every, early_stop are missing; give them here or under defaults.masked_lm")


def test_an_entry_that_repeats_a_mistake_of_the_defaults_is_told_too(errors):
    assert errors(
        {"defaults.neural.loss": "dise", "members.bert-ce.loss": "dise", "members.nezha-dice.loss": "ce"}
    ) == [
        f"defaults.neural.loss: got 'dise', one of: {LOSSES}; did you mean 'dice'?",
        f"members.bert-ce.loss: got 'dise', one of: {LOSSES}; did you mean 'dice'?",
    ]


def test_a_default_that_an_entry_makes_wrong_is_told_at_the_entry(errors):
    assert errors({"defaults.masked_lm.checkpoints": [300], "encoders.tiny-bert.post_train": {"steps": 200}}) == [
        "encoders.tiny-bert.post_train: checkpoints [300] must lie before the last step, 200"
    ]


@pytest.mark.parametrize("defaults", [None, 3, [], "losses"])
def test_defaults_of_another_form(errors, defaults):
    lines = errors({"defaults": defaults})
    assert any(line.startswith("defaults: got ") for line in lines)


# ── The project's own, in defaults.yaml ─────────────────────────────────────────────────────────────────────────────


LITTLE = """
embedded: {}
data:
  competition: mine
  train: [train.csv]
  test: test.csv
  corpus: [train.csv]
  columns: {label: emotion}
vectors:
  tfidf: {kind: tfidf}
members:
  svm: {kind: linear, from: models/vectors/tfidf}
defaults:
  linear: {C: 0.5}
"""


def test_a_params_file_of_a_few_lines_will_do(tmp_path):
    file = tmp_path / "params.yaml"
    file.write_text(LITTLE, encoding="utf-8")
    params = load_params(file)
    ours = read_defaults()
    assert params.data.columns.model_dump() == ours["data"]["columns"] | {"label": "emotion"}
    assert params.folds.model_dump() == ours["folds"]
    assert params.members["svm"].C == 0.5
    assert params.members["svm"].classifier == ours["defaults"]["linear"]["classifier"]
    assert [method["name"] for method in params.class_weights.methods] == ours["class_weights"]["methods"]
    assert params.hub == {}


def test_what_is_read_is_not_changed(tmp_path):
    before = copy.deepcopy(read_defaults())
    (tmp_path / "params.yaml").write_text(LITTLE, encoding="utf-8")
    load_params(tmp_path / "params.yaml")
    assert read_defaults() == before


def test_a_mistake_among_few_lines_is_told_at_its_key(tmp_path):
    file = tmp_path / "params.yaml"
    file.write_text(LITTLE.replace("C: 0.5", "C: -1").replace("label: emotion", "lable: emotion"), encoding="utf-8")
    with pytest.raises(UserError) as refused:
        load_params(file)
    assert str(refused.value).splitlines()[1:] == [
        "  data.columns.lable: is not a known key; allowed here: id, text, label, group, fold; did you mean 'label'?",
        "  defaults.linear.C: got -1, more than 0 is allowed",
    ]


@pytest.mark.parametrize("file", sorted((ROOT / "profiles").glob("*.yaml")), ids=lambda file: file.stem)
def test_a_profile_says_what_differs_and_no_more(file):
    """Of keys of defaults.yaml; `toy` stands in every file, for people to find."""
    written, ours = YAML(typ="safe", pure=True).load(file), read_defaults()
    assert set(repeated(written, ours)) - {"data.columns.text", "data.columns.label"} == {"toy"}


def repeated(written, ours, above=""):
    """The keys that have the value which they would have anyway."""
    found = []
    for key, value in written.items():
        if isinstance(value, dict) and isinstance(ours.get(key), dict) and "name" not in value:
            found += repeated(value, ours[key], f"{above}{key}.")
        elif key in ours and ours[key] == value:
            found.append(f"{above}{key}")
    return found


def test_a_caller_may_change_what_was_laid_over():
    before = copy.deepcopy(read_defaults())
    laid = lay_over_defaults({})
    laid["defaults"]["neural"]["epochs"] = 99
    laid["data"]["columns"]["text"] = "other"
    assert read_defaults() == before
