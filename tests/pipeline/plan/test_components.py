"""The words that an entry loads are found by the schema's marks, wherever they stand."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline import registry
from pipeline.config import schema
from pipeline.config.load import load_params
from pipeline.config.parts import as_params
from pipeline.plan.components import components_of, implied_components
from pipeline.plan.fingerprint import component, fingerprint, root

ROOT = Path(__file__).parents[3]
DEFAULTS = YAML(typ="safe").load(ROOT / "pipeline/config/defaults.yaml")["defaults"]
CONTEXT = {"defaults": DEFAULTS}


def member(**changes):
    written = {"kind": "neural", "from": "models/encoders/x", **DEFAULTS["neural"], **changes}
    return schema.MEMBER_RECIPES["neural"].model_validate(written, context=CONTEXT)


def test_words_stand_in_fields_lists_sections_and_sections_that_may_be_null():
    words = components_of(
        member(
            loss="dice",
            poolers=["cls", {"name": "mean"}],
            sequence=["lstm", "gru"],
            contrastive={"loss": "supcon", "weight": 0.1, "on": "samples"},
            adversarial="fgm",
            averaging=None,
            class_weights="none",
        )
    )
    assert words == [
        "layers.last",
        "sequence.lstm",
        "sequence.gru",
        "poolers.cls",
        "poolers.mean",
        "losses.dice",
        "imbalance.none",
        "contrastive.supcon",
        "adversarial.fgm",
        "samplers.shuffle",
        "schedules.linear",
    ]


def test_every_section_of_params_names_its_words():
    params = load_params(ROOT / "params.yaml")
    assert components_of(params.data) == ["cleaning.strip_whitespace"]
    assert components_of(params.vectors["tfidf"]) == ["segmentation.whitespace"]
    assert components_of(params.scratch["tiny-nezha"]) == ["architectures.nezha", "masking.token"]
    assert "alignment.frequency" in components_of(params.encoders["tiny-bert"])
    assert {name.partition(".")[0] for name in components_of(params.fusion)} == {"fusion", "class_weights"}
    assert components_of(params.runtime) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, {"readers.tokens"}),
        ({"sequence": [{"name": "word_conv", "segment": "jieba"}]}, {"readers.tokens_in_words"}),
        ({"from": "models/vectors/w2v"}, {"readers.words", "segmentation.characters"}),
    ],
)
def test_what_reads_a_members_texts_follows_from_where_it_starts(changes, words):
    written = member(**changes)
    params = as_params({"members": {"x": written.model_dump(by_alias=True)}})
    found = {*implied_components("finetune", params), *components_of(params)}
    assert {"kinds.neural", *words} <= found
    assert {name for name in found if name.startswith("readers.")} == words - {"segmentation.characters"}


# ── All words of the registry ───────────────────────────────────────────────────────────────────────────────────

PRINT_ALL = """
import sys
sys.path.insert(0, sys.argv[1])
from pipeline import registry
from pipeline.plan.fingerprint import component, fingerprint, root
for family in registry.FAMILIES:
    for word in registry.words(family):
        name = f"{family}.{word}"
        print(name, fingerprint(root("pipeline.steps.finetune:run"), {name: component(name)}))
"""


def interpreters():
    """Other versions of Python that are installed here, where people put them."""
    pyenv = sorted(Path.home().glob(".pyenv/versions/3.1[2-9]*/bin/python"))
    named = [shutil.which(f"python3.{minor}") for minor in range(12, 20)]
    found = {str(path) for path in [*pyenv, *filter(None, named)]}
    return sorted(path for path in found if subprocess.run([path, "-c", ""], check=False).returncode == 0)


def fingerprints(python):
    done = subprocess.run([python, "-c", PRINT_ALL, str(ROOT)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_every_word_has_a_fingerprint_of_its_own():
    """But for kinds whose words are whole modules, nothing of the registry is reached from fine-tuning by itself."""
    words = [f"{family}.{word}" for family in registry.FAMILIES for word in registry.words(family)]
    found = {word: fingerprint(root("pipeline.steps.finetune:run"), {word: component(word)}).code for word in words}
    assert len(set(found.values())) == len(found)


def test_other_versions_of_python_give_the_same_fingerprints():
    """Python 3.12 cuts an f-string into several tokens, and later ones print trees in other ways."""
    others = interpreters()
    if not others:
        pytest.skip("NO OTHER PYTHON: python3.12 or newer is not installed, so its fingerprints were not compared")
    status, expected = fingerprints(sys.executable)
    assert status == 0, expected
    assert expected.count("\n") == sum(len(words) for words in registry.FAMILIES.values())
    for python in others:
        assert fingerprints(python) == (0, expected), python
