"""What `--show` and `--why` say."""

import copy
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.config import load_params
from pipeline.errors import UserError
from pipeline.plan import explain
from pipeline.plan.explain import differences, filled_in, recorded

ROOT = Path(__file__).parents[3]
BEFORE = {
    "settings": {"members": {"a": {"loss": {"name": "ce"}, "poolers": ["cls"]}}},
    "components": ["losses.ce", "poolers.cls"],
    "code": "1",
    "definitions": {"CELoss": "aa", "train": "bb"},
}


def test_a_filled_in_entry_is_yaml_with_every_default():
    params = load_params(ROOT / "params.yaml")
    shown = YAML(typ="safe", pure=True).load(filled_in(params, "members.bert-ce"))
    assert shown == {"members.bert-ce": params.members["bert-ce"].model_dump(by_alias=True)}
    assert "lora: null" in filled_in(params, "members.bert-ce")
    assert filled_in(params, "members.bert-ce.epochs") == "members.bert-ce.epochs: 8"


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("members.bert", r"^members: got 'bert', one of: bert-ce, .*did you mean 'bert-ce'"),
        ("member", r"^params\.yaml: got 'member', one of: .*did you mean 'members'"),
        ("toy.x", r"^toy: is a value, without keys"),
    ],
)
def test_a_key_that_is_not_there(location, message):
    with pytest.raises(UserError, match=message):
        filled_in(load_params(ROOT / "params.yaml"), location)


def test_nothing_has_changed():
    assert differences(BEFORE, copy.deepcopy(BEFORE)) == []


def test_keys_components_and_definitions_are_named():
    after = {
        "settings": {"members": {"a": {"loss": {"name": "dice", "alpha": 0.1}, "poolers": ["cls"]}}},
        "components": ["losses.dice", "poolers.cls"],
        "code": "2",
        "definitions": {"DiceLoss": "cc", "train": "dd"},
    }
    assert differences(BEFORE, after) == [
        "members.a.loss.name: ce → dice",
        "members.a.loss.alpha: not there → 0.1",
        "component losses.ce: no longer used",
        "component losses.dice: new",
        "code CELoss: gone",
        "code train: edited",
        "code DiceLoss: new",
    ]


def test_a_change_that_no_definition_shows():
    assert differences(BEFORE, BEFORE | {"code": "2"}) == [
        "code: names stand for other things than before, or what runs at import runs in another order"
    ]


def test_another_order_of_keys_is_a_change():
    after = copy.deepcopy(BEFORE)
    member = after["settings"]["members"]["a"]
    after["settings"]["members"]["a"] = dict(reversed(member.items()))
    assert differences(BEFORE, after) == ["settings: in another order"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("finetun", "got 'finetun', one of: collect, "),
        ("fuse@bert-ce", "fuse runs once; name it without @bert-ce"),
        ("finetune", "finetune runs for each entry of members: bert-ce, "),
    ],
)
def test_an_entry_that_is_none(name, message):
    with pytest.raises(UserError, match=f"^--why: {message}"):
        explain.explain(load_params(ROOT / "params.yaml"), name)


def test_an_entry_that_has_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = explain.explain(load_params(ROOT / "params.yaml"), "finetune@bert-ce")
    assert said == "finetune@bert-ce: has not run, as far as dvc.lock knows"


def test_what_the_lock_has_recorded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path("plan.json")
    assert recorded("fuse", path) is None
    path.write_text('{"code": "1"}')
    digest = "e92eda0f4ab9c0d3c06b1e0e8ba7a2ad"
    Path("dvc.lock").write_text(f"stages:\n  fuse:\n    deps:\n    - path: plan.json\n      md5: {digest}\n")
    monkeypatch.setattr(explain, "_cached", lambda _: iter([Path("cached")]))
    with pytest.raises(UserError, match=rf"^fuse: dvc\.lock knows a plan with md5 {digest} that is not in DVC's cache"):
        recorded("fuse", path)
    assert recorded("submit", path) is None
