import ast
import copy
import io
import json
import shutil
import sys
import tokenize
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline import registry
from pipeline.artifacts.atomic import write_json
from pipeline.artifacts.hashes import hash_file
from pipeline.errors import UserError
from pipeline.plan import modules
from pipeline.plan.fingerprint import Place
from stages import recipes

sys.path.insert(0, str(Path(__file__).parent))
from tracing import missed, traced

ROOT = Path(__file__).parents[2]
FOLDER = Path("models/recipes")
# The real params, with the pieces that the tests reckon with.
REAL = YAML(typ="safe").load(ROOT / "params.yaml")
REAL["toy"] = False
REAL["vectors"] = {"tfidf": {"kind": "tfidf"}, "w2v": {"kind": "word2vec"}}
REAL["augment"] = {
    name: {"method": "random_swap", "from": "data/prepared/train.parquet", "seed": seed}
    for seed, name in enumerate(["used", "unused"])
}
REAL["defaults"]["neural"] |= {"poolers": ["cls"], "loss": "ce", "class_weights": "none", "contrastive": None}
REAL["members"] = {
    "bert-ce": {"kind": "neural", "from": "models/encoders/tiny-bert"},
    "nezha-dice": {
        "kind": "neural",
        "from": "models/encoders/tiny-nezha",
        "poolers": ["dynamic_routing"],
        "loss": "dice",
        "contrastive": {"loss": "supcon", "weight": 0.1, "on": "samples"},
    },
    "tfidf-svm": {"kind": "linear", "from": "models/vectors/tfidf", "augment": ["used"]},
    "words-max": {"kind": "neural", "from": "models/vectors/w2v", "poolers": ["max"]},
    "frozen-mlp": {"kind": "mlp", "from": "models/encoders/tiny-bert"},
}
TRANSFORMERS = ["bert-ce", "nezha-dice"]
NEURAL = [*TRANSFORMERS, "words-max"]
TRAINED_BY_TORCH = ["bert-ce", "frozen-mlp", "nezha-dice", "words-max"]
ALL = sorted([*TRAINED_BY_TORCH, "tfidf-svm"])


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the params and the sources."""
    root = tmp_path_factory.mktemp("project")
    for name in ("pipeline", "stages"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "params.yaml").write_text(json.dumps(REAL), encoding="utf-8")  # JSON is YAML
    (root / "data/augmented").mkdir(parents=True)
    for name in REAL["augment"]:
        (root / f"data/augmented/{name}.parquet").write_text(name)
    return root


@pytest.fixture
def project(tree, monkeypatch):
    """Work in the copy."""
    monkeypatch.chdir(tree)
    monkeypatch.setattr(modules, "ROOT", tree)
    monkeypatch.setattr(registry, "ROOT", tree)
    registry.arguments.cache_clear()
    yield tree
    for cached in (registry.arguments, modules.read_module, modules.is_module):
        cached.cache_clear()


@pytest.fixture
def edit(project):
    """Set a key of params, or put a statement into a definition of a source file, until the end of the test."""
    originals = {}

    def change(place, value=None):
        file = place if place.endswith(".py") else "params.yaml"
        text = Path(file).read_text(encoding="utf-8")
        originals.setdefault(file, text)
        if file == place:
            Path(file).write_text(with_statement(text, value), encoding="utf-8")
            return
        params = json.loads(text)
        *above, last = place.split(".")
        node = params
        for part in above:
            node = node[part]
        assert node.get(last) != value, "nothing would change"
        node[last] = value
        Path(file).write_text(json.dumps(params), encoding="utf-8")

    yield change
    for file, text in originals.items():
        Path(file).write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def unedited(tree):
    """The recipes of the copy as it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tree)
        patch.setattr(modules, "ROOT", tree)
        return write()


def write():
    """Run the stage: → the bytes of every member's recipe."""
    for cached in (modules.read_module, modules.is_module):
        cached.cache_clear()
    recipes.main()
    return {path.stem: path.read_bytes() for path in sorted(FOLDER.iterdir())}


def with_statement(source, name):
    """The source with one more statement at the end of a definition."""
    (node,) = [node for node in ast.parse(source).body if getattr(node, "name", None) == name]
    lines = source.splitlines(keepends=True)
    lines.insert(node.end_lineno, f"{' ' * node.body[-1].col_offset}pass\n")
    return "".join(lines)


def changed(before, after):
    return [name for name in after if before.get(name) != after[name]]


def test_a_recipe_says_everything(unedited):
    recipe = json.loads(unedited["nezha-dice"])
    assert recipe["name"] == "nezha-dice"
    assert recipe["from"] == "models/encoders/tiny-nezha"
    assert recipe["loss"] == {"name": "dice", **REAL["defaults"]["losses"]["dice"]}
    assert recipe["batch_size"] == REAL["defaults"]["neural"]["batch_size"]
    assert recipe["precision"] == REAL["runtime"]["precision"]
    assert recipe["pieces"] == {
        "kinds.neural": "pipeline.members.neural",
        "readers.tokens": "pipeline.data.token_ids:load_token_reader",
        "layers.last": "pipeline.models.layers.last:LastLayer",
        "poolers.dynamic_routing": "pipeline.models.poolers.dynamic_routing:DynamicRoutingPooler",
        "losses.dice": "pipeline.losses.dice:DiceLoss",
        "imbalance.none": "pipeline.losses.imbalance:uniform",
        "contrastive.supcon": "pipeline.losses.contrastive:SupConLoss",
        "samplers.shuffle": "pipeline.training.samplers.shuffle:shuffle",
        "schedules.linear": "pipeline.training.schedules.linear:linear",
    }


def test_who_reads_words_beside_tokens_runs_their_segmentation(unedited, edit):
    edit("members.bert-ce.sequence", ["gru", {"name": "word_conv", "segment": "jieba"}])
    after = write()
    assert changed(unedited, after) == ["bert-ce"]
    recipe = json.loads(after["bert-ce"])
    assert {"readers.tokens_in_words", "segmentation.jieba", "sequence.word_conv"} <= set(recipe["pieces"])
    assert "readers.tokens" not in recipe["pieces"]


def test_the_same_again(project, unedited):
    assert write() == unedited


@pytest.mark.parametrize(
    ("place", "value", "whose"),
    [
        ("members.nezha-dice.loss", "focal", ["nezha-dice"]),
        ("members.nezha-dice.loss", {"name": "dice", **REAL["defaults"]["losses"]["dice"]}, []),
        ("members.tfidf-svm.C", 123, ["tfidf-svm"]),
        ("defaults.neural.epochs", 123, NEURAL),
        ("defaults.mlp.hidden", [9], ["frozen-mlp"]),
        ("defaults.losses.focal.gamma", 123, []),
        ("folds.n_folds", 123, []),
        ("runtime.threads", 123, []),
        ("defaults.neural.threads", 123, NEURAL),
        ("runtime.precision", "bf16", TRAINED_BY_TORCH),
        ("toy", True, TRAINED_BY_TORCH),
    ],
)
def test_an_edit_of_params_changes_the_recipes_of_those_it_concerns(unedited, edit, place, value, whose):
    edit(place, value)
    assert changed(unedited, write()) == whose


@pytest.mark.parametrize(
    ("file", "name", "whose"),
    [
        ("pipeline/losses/dice.py", "DiceLoss", ["nezha-dice"]),
        ("pipeline/losses/cross_entropy.py", "CrossEntropyLoss", ["bert-ce", "words-max"]),
        ("pipeline/members/linear.py", "train_fold", ["tfidf-svm"]),
        ("pipeline/members/labelled_rows.py", "LabelledRows", ALL),
        ("pipeline/vectors/word2vec.py", "load_transform", ["tfidf-svm"]),
        ("pipeline/vectors/word_ids.py", "load_word_reader", ["words-max"]),
        ("pipeline/words/jieba_words.py", "jieba_words", ["tfidf-svm", "words-max"]),
        ("pipeline/members/mlp.py", "train_fold", ["frozen-mlp"]),
        ("pipeline/members/neural.py", "train_fold", NEURAL),
        ("pipeline/training/loop.py", "_record", NEURAL),
        ("pipeline/augmentation/random_swap.py", "random_swap", []),
        ("pipeline/models/nezha/attention.py", "NezhaSelfAttention", TRAINED_BY_TORCH),
        ("pipeline/metrics/scores.py", "macro_f1", ALL),
        ("pipeline/metrics/scores.py", "fold_macro_f1", []),
        ("stages/finetune.py", "train_one_fold", ALL),
        ("stages/recipes.py", "main", []),
        ("pipeline/reporting/html.py", "render_html", []),
        ("pipeline/artifacts/logits.py", "write_logits", ALL),
        ("pipeline/artifacts/logits.py", "read_logits", []),
        ("pipeline/registry.py", "load", ALL),
        ("pipeline/registry.py", "words", []),
        ("pipeline/fusion/vote.py", "vote", []),
        ("pipeline/runtime/devices.py", "run_on_devices", []),
        ("pipeline/runtime/progress.py", "Progress", []),
    ],
)
def test_an_edit_of_code_changes_the_recipes_of_those_who_run_it(unedited, edit, file, name, whose):
    edit(file, name)
    assert changed(unedited, write()) == whose


def test_no_comment_and_no_docstring_changes_a_recipe(unedited, project):
    """Every docstring is reworded, and a comment stands before and behind every line that may have one."""
    for file in [*Path("pipeline").rglob("*.py"), *Path("stages").rglob("*.py")]:
        original = file.read_text(encoding="utf-8")
        file.write_text(reworded(original), encoding="utf-8")
        assert file.read_text(encoding="utf-8") != original or not original.strip()
    after = write()
    for file in [*Path("pipeline").rglob("*.py"), *Path("stages").rglob("*.py")]:
        shutil.copyfile(ROOT / file, file)
    assert changed(unedited, after) == []


def reworded(source):
    """The source with other docstrings, other comments and other blank lines."""
    lines = source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) or ast.get_docstring(node) is None:
            continue
        first, last = node.body[0].lineno - 1, node.body[0].end_lineno - 1
        lines[first : last + 1] = [f'{" " * node.body[0].col_offset}"""Reworded."""\n', *["\n"] * (last - first)]
    inside = {row for token in tokens_of("".join(lines)) for row in range(token.start[0], token.end[0])}
    return "# begun\n" + "".join(
        line if row in inside or line.rstrip().endswith("\\") else f"{line.rstrip()}  # reworded\n\n"
        for row, line in enumerate(lines, start=1)
    )


def tokens_of(source):
    """The tokens that go over several lines, inside of which a comment would be text."""
    found = tokenize.generate_tokens(io.StringIO(source).readline)
    return [token for token in found if token.start[0] != token.end[0]]


def test_a_new_loss_changes_nobody_and_can_be_used(unedited, edit, monkeypatch):
    Path("pipeline/losses/poly.py").write_text(
        '"""Poly loss."""\n\nfrom pipeline.losses.cross_entropy import CrossEntropyLoss\n\n\n'
        "class PolyLoss(CrossEntropyLoss):\n    def __init__(self, class_weights, *, epsilon: float): ...\n"
    )
    monkeypatch.setitem(registry.FAMILIES["losses"], "poly", "pipeline.losses.poly:PolyLoss")
    assert write() == unedited
    edit("members.nezha-dice.loss", {"name": "poly", "epsilon": 1})
    after = write()
    assert changed(unedited, after) == ["nezha-dice"]
    recipe = json.loads(after["nezha-dice"])
    assert recipe["loss"] == {"name": "poly", "epsilon": 1.0}
    edit("pipeline/losses/cross_entropy.py", "CrossEntropyLoss")
    assert "nezha-dice" in changed(after, write()), "which the new loss is made of"


@pytest.mark.parametrize(("name", "whose"), [("used", ["tfidf-svm"]), ("unused", [])])
def test_other_copies_change_the_recipes_of_those_who_use_them(project, unedited, name, whose):
    path = Path(f"data/augmented/{name}.parquet")
    path.write_text("other")
    assert changed(unedited, write()) == whose
    path.write_text(name)


def test_copies_that_are_not_there_are_refused(project):
    path = Path("data/augmented/used.parquet")
    path.rename("away")
    with pytest.raises(UserError, match=r"used\.parquet: not found"):
        write()
    Path("away").rename(path)


def test_another_place_for_a_word_changes_those_who_use_it(project, unedited, monkeypatch):
    """Even within one file, whose hash stays."""
    monkeypatch.setitem(registry.FAMILIES["imbalance"], "none", "pipeline.losses.imbalance:balanced")
    assert changed(unedited, write()) == NEURAL


def test_a_new_and_a_dropped_member_leave_the_others_alone(unedited, edit):
    members = copy.deepcopy(REAL["members"])
    del members["tfidf-svm"]
    focal = {"kind": "neural", "from": "models/encoders/tiny-bert", "loss": "focal"}
    edit("members", {"bert-focal": focal, **members})
    after = write()
    assert list(after) == sorted(["bert-focal", *TRAINED_BY_TORCH]), "the dropped member's recipe is gone"
    assert changed(unedited, after) == ["bert-focal"]


def test_the_net_under_the_fingerprints_can_catch(unedited):
    """What `tests/stages/tracing.py` would say of a function that runs and is not reached."""
    recipe = json.loads(unedited["bert-ce"])
    ran = {
        Place("pipeline.training.loop", "train_classifier"),  # reached
        Place("pipeline.runtime.progress", "Progress"),  # changes no result
        Place("pipeline.members.linear", "train_fold"),
        Place("pipeline.losses.dice", "DiceLoss"),
    }
    assert missed(ran, recipe) == ["pipeline.losses.dice:DiceLoss", "pipeline.members.linear:train_fold"]
    assert missed(ran, json.loads(unedited["nezha-dice"])) == ["pipeline.members.linear:train_fold"]


def test_the_net_sees_what_runs(tmp_path):
    with traced() as ran:
        hash_file(Path(__file__))
        [write_json(path, {}) for path in [tmp_path / "x.json"]]
    assert {str(place) for place in ran} >= {
        "pipeline.artifacts.hashes:hash_file",
        "pipeline.artifacts.atomic:write_json",
        "pipeline.artifacts.atomic:atomic_path",
        "pipeline.artifacts.atomic:path_beside",
    }
    assert not any(place.module.startswith("tests") for place in ran)
