import ast
import copy
import io
import json
import shutil
import tokenize
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline import registry
from pipeline.config.defaults import lay_over_defaults
from pipeline.plan import sources
from pipeline.plan.entries import STAGES
from stages import plan

ROOT = Path(__file__).parents[2]
PLAN = Path("models/plan")
# The real params, with the pieces that the tests reckon with.
REAL = lay_over_defaults(YAML(typ="safe").load(ROOT / "params.yaml"))
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
    return root


@pytest.fixture
def project(tree, monkeypatch):
    """Work in the copy."""
    monkeypatch.chdir(tree)
    monkeypatch.setattr(registry, "ROOT", tree)
    registry.arguments.cache_clear()
    yield tree
    registry.arguments.cache_clear()
    sources.forget()


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
    """The plan of the copy as it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tree)
        patch.setattr(registry, "ROOT", tree)
        return write()


def write():
    """Run the stage: → the bytes of every file."""
    sources.forget()
    plan.main()
    files = sorted(path for path in PLAN.rglob("*") if path.is_file())
    return {path.relative_to(PLAN).with_suffix("").as_posix(): path.read_bytes() for path in files}


def with_statement(source, name):
    """The source with one more statement at the end of a definition."""
    (node,) = [node for node in ast.parse(source).body if getattr(node, "name", None) == name]
    lines = source.splitlines(keepends=True)
    lines.insert(node.end_lineno, f"{' ' * node.body[-1].col_offset}pass\n")
    return "".join(lines)


def changed(before, after):
    """The members whose training an edit concerns."""
    return [name.removeprefix("finetune/") for name in all_changed(before, after) if name.startswith("finetune/")]


def all_changed(before, after):
    return [name for name in after if before.get(name) != after[name]]


def content(plan, name):
    return json.loads(plan[name])


def test_an_entry_says_everything(unedited):
    entry = content(unedited, "finetune/nezha-dice")
    assert list(entry) == ["settings", "components", "code", "definitions"]
    assert entry["settings"].keys() == {"members"}
    recipe = entry["settings"]["members"]["nezha-dice"]
    assert recipe["from"] == "models/encoders/tiny-nezha"
    assert recipe["precision"] == REAL["runtime"]["precision"]
    assert recipe["loss"] == {"name": "dice", **REAL["defaults"]["losses"]["dice"]}
    assert recipe["batch_size"] == REAL["defaults"]["neural"]["batch_size"]
    assert entry["components"] == [
        "contrastive.supcon",
        "imbalance.none",
        "kinds.neural",
        "layers.last",
        "losses.dice",
        "poolers.dynamic_routing",
        "readers.tokens",
        "samplers.shuffle",
        "schedules.linear",
    ]
    assert {"DiceLoss", "DynamicRoutingPooler", "train_classifier", "run"} <= entry["definitions"].keys()
    assert "FocalLoss" not in entry["definitions"]


def test_every_stage_has_its_entries(unedited):
    assert {name.partition("/")[0] for name in unedited} == {
        stage for stage, (section, _) in STAGES.items() if section is None or REAL[section]
    }


def test_who_reads_words_beside_tokens_runs_their_segmentation(unedited, edit):
    edit("members.bert-ce.sequence", ["gru", {"name": "word_conv", "segment": "jieba"}])
    after = write()
    assert changed(unedited, after) == ["bert-ce"]
    components = content(after, "finetune/bert-ce")["components"]
    assert {"readers.tokens_in_words", "segmentation.jieba", "sequence.word_conv"} <= set(components)
    assert "readers.tokens" not in components


def test_a_folder_of_ones_own_may_hold_tokens_or_words(unedited, edit):
    """The plan looks at no artifact: what is in the folder may not be there yet."""
    edit("members.bert-ce.from", "models/own/x")
    assert {"readers.tokens", "readers.words"} <= set(content(write(), "finetune/bert-ce")["components"])


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
def test_an_edit_of_params_changes_the_entries_of_those_it_concerns(unedited, edit, place, value, whose):
    edit(place, value)
    assert changed(unedited, write()) == whose


@pytest.mark.parametrize(
    ("file", "name", "whose"),
    [
        ("pipeline/losses/batch_losses.py", "DiceLoss", ["nezha-dice"]),
        ("pipeline/losses/row_losses.py", "CrossEntropyLoss", ["bert-ce", "words-max"]),
        ("pipeline/members/linear/kind.py", "Linear", ["tfidf-svm"]),
        ("pipeline/members/rows.py", "TrainingRows", ALL),
        ("pipeline/members/neural/recipe.py", "Recipe", []),
        ("pipeline/members/neural/rules.py", "check_training", []),
        ("pipeline/members/recipe.py", "MemberRecipe", []),
        ("pipeline/vectors/word2vec.py", "load_transform", ["tfidf-svm"]),
        ("pipeline/vectors/word_ids.py", "load_word_reader", ["words-max"]),
        ("pipeline/words/jieba_words.py", "jieba_words", ["tfidf-svm", "words-max"]),
        ("pipeline/members/mlp/kind.py", "MLP", ["frozen-mlp"]),
        ("pipeline/members/neural/kind.py", "Neural", NEURAL),
        ("pipeline/training/loop.py", "_record", NEURAL),
        ("pipeline/augmentation/word_changes.py", "random_swap", []),
        ("pipeline/models/nezha/relative_attention.py", "NezhaSelfAttention", TRAINED_BY_TORCH),
        ("pipeline/metrics/scores.py", "macro_f1", ALL),
        ("pipeline/metrics/scores.py", "fold_macro_f1", []),
        ("pipeline/steps/finetune.py", "train_one_fold", ALL),
        ("pipeline/steps/finetune.py", "train_all", []),
        ("stages/finetune.py", "main", []),
        ("stages/plan.py", "main", []),
        ("pipeline/plan/unedited.py", "check_code", []),
        ("pipeline/config/load.py", "load_params", []),
        ("pipeline/reporting/page.py", "render_html", []),
        ("pipeline/artifacts/logits.py", "write_logits", ALL),
        ("pipeline/artifacts/logits.py", "read_logits", []),
        ("pipeline/registry.py", "load", ALL),
        ("pipeline/registry.py", "words", []),
        ("pipeline/fusion/voting.py", "vote", []),
        ("pipeline/runtime/executors/executor.py", "run_all", []),
        ("pipeline/runtime/progress.py", "Progress", []),
    ],
)
def test_an_edit_of_code_changes_the_entries_of_those_who_run_it(unedited, edit, file, name, whose):
    edit(file, name)
    assert changed(unedited, write()) == whose


@pytest.mark.parametrize(
    ("place", "value", "whose"),
    [
        ("data.sample_submission", None, ["submit"]),
        ("data.answer_key", None, ["report"]),
        ("data.test", "b.csv", ["prepare"]),
        ("data.clean", [], ["prepare", "search_weights"]),
        ("folds.seed", 7, ["split_folds"]),
        ("encoders.tiny-bert.post_train.steps", 7, ["post_train/tiny-bert", "report"]),
        ("encoders.tiny-bert.align.min_count", 7, ["align_vocab/tiny-bert"]),
        ("scratch.tiny-bert.vocab_size", 700, ["pretrain/tiny-bert"]),
        ("class_weights.shrinkage", 0.5, ["search_weights"]),
        ("fusion.rules", ["vote_first"], ["fuse", "search_weights"]),
        ("members.bert-ce.max_length", 99, ["finetune/bert-ce", "lengths/bert-ce", "predict/bert-ce"]),
        ("members.bert-ce.augment", ["used"], ["finetune/bert-ce", "gather", "predict/bert-ce"]),
        ("vectors.w2v.window", 7, ["train_vectors/w2v"]),
        ("embedded.stackdocs.seed", 7, ["collect/stackdocs"]),
        ("runtime.seed", 7, [f"{s}/{e}" for s in ("align_vocab", "post_train", "pretrain") for e in REAL["scratch"]]),
    ],
)
def test_an_edit_of_params_changes_the_stages_that_read_it(unedited, edit, place, value, whose):
    edit(place, value)
    assert all_changed(unedited, write()) == whose


@pytest.mark.parametrize(
    ("file", "name", "whose"),
    [
        ("pipeline/losses/batch_losses.py", "DiceLoss", ["finetune/nezha-dice", "predict/nezha-dice"]),
        ("pipeline/fusion/nested.py", "fuse_nested", ["fuse"]),
        ("pipeline/class_weights/selection.py", "nested_choice", ["search_weights"]),
        ("pipeline/class_weights/search.py", "search", ["fuse", "search_weights"]),
        ("pipeline/reporting/page.py", "render_html", ["report"]),
        ("pipeline/submission/format.py", "render_submission", ["submit"]),
        ("pipeline/data/folds.py", "assign_folds", ["split_folds"]),
        ("pipeline/vocab/surgery.py", "remap_model", ["align_vocab/tiny-bert", "align_vocab/tiny-nezha"]),
        ("pipeline/augmentation/word_changes.py", "random_swap", ["augment/unused", "augment/used"]),
    ],
)
def test_an_edit_of_code_changes_the_stages_that_run_it(unedited, edit, file, name, whose):
    edit(file, name)
    assert all_changed(unedited, write()) == whose


def test_a_template_is_code_of_the_report(unedited, project):
    file = Path("pipeline/reporting/templates/index.html.j2")
    original = file.read_text(encoding="utf-8")
    file.write_text(original + " ", encoding="utf-8")
    after = write()
    file.write_text(original, encoding="utf-8")
    assert all_changed(unedited, after) == ["report"]


def test_a_comment_among_the_defaults_changes_nothing(unedited, project):
    """Their values stand in the settings of those who take them."""
    file = Path("pipeline/config/defaults.yaml")
    original = file.read_text(encoding="utf-8")
    file.write_text(f"# a comment\n{original}", encoding="utf-8")
    after = write()
    file.write_text(original, encoding="utf-8")
    assert after == unedited


def test_no_comment_and_no_docstring_changes_the_plan(unedited, project):
    """Every docstring is reworded, and a comment stands before and behind every line that may have one."""
    for file in [*Path("pipeline").rglob("*.py"), *Path("stages").rglob("*.py")]:
        original = file.read_text(encoding="utf-8")
        file.write_text(reworded(original), encoding="utf-8")
        assert file.read_text(encoding="utf-8") != original or not original.strip()
    after = write()
    for file in [*Path("pipeline").rglob("*.py"), *Path("stages").rglob("*.py")]:
        shutil.copyfile(ROOT / file, file)
    assert after == unedited


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
        '"""Poly loss."""\n\nfrom pipeline.losses.row_losses import CrossEntropyLoss\n\n\n'
        "class PolyLoss(CrossEntropyLoss):\n    def __init__(self, *, epsilon: float): ...\n"
    )
    monkeypatch.setitem(registry.FAMILIES["losses"], "poly", "pipeline.losses.poly:PolyLoss")
    assert write() == unedited
    edit("members.nezha-dice.loss", {"name": "poly", "epsilon": 1})
    after = write()
    assert changed(unedited, after) == ["nezha-dice"]
    settings = content(after, "finetune/nezha-dice")["settings"]
    assert settings["members"]["nezha-dice"]["loss"] == {"name": "poly", "epsilon": 1.0}
    edit("pipeline/losses/row_losses.py", "CrossEntropyLoss")
    assert "nezha-dice" in changed(after, write()), "which the new loss is made of"


def test_another_place_for_a_word_changes_those_who_use_it(project, unedited, monkeypatch):
    """Even within one file."""
    monkeypatch.setitem(registry.FAMILIES["imbalance"], "none", "pipeline.losses.imbalance:balanced")
    assert changed(unedited, write()) == NEURAL


def test_a_new_and_a_dropped_member_leave_the_others_alone(unedited, edit):
    members = copy.deepcopy(REAL["members"])
    del members["tfidf-svm"]
    focal = {"kind": "neural", "from": "models/encoders/tiny-bert", "loss": "focal"}
    edit("members", {"bert-focal": focal, **members})
    after = write()
    trained = [name.removeprefix("finetune/") for name in after if name.startswith("finetune/")]
    assert trained == sorted(["bert-focal", *TRAINED_BY_TORCH]), "the dropped member's entry is gone"
    assert changed(unedited, after) == ["bert-focal"]
