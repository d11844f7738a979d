"""`finetune --all`: the folds of all members in one queue, of which the stage then publishes."""

import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from dag_workspace import tree_hashes
from tiny_ensemble import PARAMS, make_ensemble, write_params
from wait import wait_for

from pipeline.errors import UserError
from pipeline.plan.current import current_entry
from pipeline.runtime.scratch import alone
from pipeline.steps import finetune
from stages.finetune import main

NAMES = ("svm", "words")
MADE = ("models/members", "models/oof_logits", "reports/made_on", "reports/history")


@pytest.fixture(scope="module")
def gathered(tmp_path_factory, short_texts, short_labels):
    root = tmp_path_factory.mktemp("gathered")
    make_ensemble(root, short_texts, short_labels, last="gather")
    return root


@pytest.fixture
def project(gathered, tmp_path, monkeypatch):
    """Two members of three folds each, all that they read, and no fold."""
    shutil.copytree(gathered, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    write_params(members={name: PARAMS["members"][name] for name in NAMES}, fusion={"rules": ["vote_first"]})
    monkeypatch.setenv("CONCLAVE_DEVICES", "cpu")
    forget()
    yield
    forget()


def forget():
    for cached in (finetune._inputs, finetune._scratch):
        cached.cache_clear()


def kept():
    return sorted(f"{path.parent.name.rpartition('-')[0]} {path.name}" for path in Path(".scratch").glob("*/fold-?"))


def publish():
    for name in NAMES:
        main(name)
    return {folder: tree_hashes(Path(folder)) for folder in MADE}


def test_folds_of_two_members_overlap_and_give_the_same_bytes(project, monkeypatch, capsys):
    one_after_the_other = publish()
    (place, *others) = json.loads(Path("reports/made_on/svm.json").read_text())["folds"].values()
    assert place.keys() == {"device", "cpu", "torch", "numpy", "scikit-learn"}
    assert others == [place, place]
    for folder in (*MADE, ".scratch"):
        shutil.rmtree(folder)
    monkeypatch.setenv("CONCLAVE_DEVICES", "cpu,cpu")
    held, last = (
        finetune._scratch(current_entry("finetune", name)) / f"fold-{k}" for name, k in zip(NAMES, (0, 2), strict=True)
    )
    with ThreadPoolExecutor(1) as thread:
        with alone(held, "the first fold of the first member"):
            training = thread.submit(main, every=True)
            wait_for(last)
            assert not held.exists(), "all others were made while it waited"
        training.result()
    assert kept() == [f"{name} fold-{k}" for name in NAMES for k in range(3)]
    assert not any(Path(folder).exists() for folder in MADE)
    monkeypatch.setattr(finetune, "_train_into", None)
    assert publish() == one_after_the_other


def test_a_fold_that_fails_ends_the_hand_out_and_what_is_finished_is_kept(project, monkeypatch, capsys):
    real = finetune._train_into

    def fail_once(path, entry, fold, device, what):
        if what == "words fold 1":
            raise UserError("words fold 1: no")
        real(path, entry, fold, device, what)

    with monkeypatch.context() as patch:
        patch.setattr(finetune, "_train_into", fail_once)
        with pytest.raises(UserError, match=r"^words fold 1: no$"):
            main(every=True)
    assert kept() == ["svm fold-0", "svm fold-1", "svm fold-2", "words fold-0"]
    capsys.readouterr()
    main(every=True)
    said = capsys.readouterr().out
    assert re.findall(r"^(\w+ fold \d): macro-F1", said, re.MULTILINE) == ["words fold 1", "words fold 2"]
    assert said.endswith("all folds of 2 members are there, 2 of them for `dvc repro` to publish\n")


def test_members_that_are_published_are_not_trained_again(project, monkeypatch, capsys):
    """What was published is gone from .scratch/ once DVC has recorded it."""
    main("svm")
    shutil.rmtree(".scratch")
    main(every=True)
    assert kept() == ["words fold-0", "words fold-1", "words fold-2"]
    assert "all folds of 2 members are there, 1 of them for" in capsys.readouterr().out
    shutil.rmtree("models/members/svm")
    main(every=True)
    assert len(kept()) == 6, "the outputs of svm are not all there"


def test_inputs_that_are_not_there_are_named_with_the_stages_that_make_them(project):
    shutil.rmtree("models/vectors/w2v")
    Path("data/additional/svm.parquet").unlink()
    with pytest.raises(UserError) as refused:
        main(every=True)
    assert str(refused.value) == (
        "not there yet: data/additional/svm.parquet for svm; models/vectors/w2v for words. "
        "First run `dvc repro gather train_vectors@w2v`"
    )
    assert kept() == []


@pytest.mark.parametrize("asked", [{}, {"member": "svm", "every": True}, {"fold": 1, "every": True}, {"fold": 1}])
def test_what_cannot_be_asked_together(asked):
    with pytest.raises(UserError, match=r"^finetune: name a member, and with it a fold if you like, or give --all al"):
        main(**asked)
