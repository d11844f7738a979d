"""A fold that is killed goes on where it was and ends with the bytes of one that never was."""

import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.artifacts.checksums import checked_versions
from pipeline.errors import UserError
from pipeline.inference import predict_logits
from pipeline.members.neural.kind import WEIGHTS
from pipeline.metrics import macro_f1
from pipeline.training import loop, resume
from pipeline.training.adversarial import fgm
from pipeline.training.averaging import ema
from pipeline.training.samplers import weighted
from pipeline.training.settings import Adversarial, KeepBest

ROOT = Path(__file__).parents[3]
EVERYTHING = {
    "epochs": 4,
    "averaging": partial(ema, decay=0.7),
    "sampler": partial(weighted, power=0.5),
    "adversarial": Adversarial(partial(fgm, on=["embeddings"], epsilon=0.5), ["embeddings"]),
    "r_drop": 1.0,
    "evaluate_every": 2,  # not a divisor of the epoch's 3 updates
    "keep_best": KeepBest("macro_f1", None),
}
UNFREEZING = {"epochs": 4, "unfreeze_every": 3}


class BrokenOffError(Exception):
    pass


@pytest.fixture
def run(make_classifier, texts, labels, rows, settings):
    """Train with the state saved at every update: → the curve and the weights."""

    weights = np.ones(len(labels), dtype=np.float32)

    def train(state_file, changes, break_at=None, seconds=0.0):
        torch.manual_seed(0)
        model = make_classifier()
        steps = iter(range(1, 99))

        def evaluate(model):
            logits = predict_logits(model, texts, rows, "cpu", "fp32")
            return loop.Scores(macro_f1(labels[rows], logits.argmax(axis=1), 3), 0.0, float(logits.std()))

        def updater(*args):
            update = real(*args)

            def counted(batch):
                if next(steps) == break_at:
                    raise BrokenOffError
                return update(batch)

            return counted

        real, loop.updater = loop.updater, updater
        try:
            records = loop.train_classifier(
                model, texts, labels, weights, rows, settings(**changes), precision="fp32", device="cpu", seed=0,
                evaluate=evaluate, state_file=state_file, what="x", seconds_between_saves=seconds,
            )  # fmt: skip
        finally:
            loop.updater = real
        return records, model.state_dict()

    return train


def same(first, second):
    return first[0] == second[0] and all(torch.equal(value, second[1][name]) for name, value in first[1].items())


@pytest.mark.parametrize("changes", [EVERYTHING, UNFREEZING], ids=["everything", "unfreezing"])
@pytest.mark.parametrize("step", [2, 3, 4, 7, 12])
def test_broken_off_at_any_update(run, tmp_path, changes, step):
    whole = run(None, changes)
    with pytest.raises(BrokenOffError):
        run(tmp_path / "fold.state", changes, break_at=step)
    assert len(checked_versions(tmp_path / "fold.state")) == 1
    np.random.default_rng(5).random()  # what happens between has no say
    torch.manual_seed(99)
    assert same(run(tmp_path / "fold.state", changes), whole)


@pytest.mark.parametrize(
    "damage", [lambda old: old[:100], lambda old: old[:-1] + bytes([old[-1] ^ 1]), lambda old: b""]
)
def test_a_damaged_state_is_thrown_away_and_training_begins_anew(run, tmp_path, capsys, damage):
    whole = run(None, EVERYTHING)
    with pytest.raises(BrokenOffError):
        run(tmp_path / "fold.state", EVERYTHING, break_at=4)
    (version,) = checked_versions(tmp_path / "fold.state")
    version.write_bytes(damage(version.read_bytes()))
    assert same(run(tmp_path / "fold.state", EVERYTHING), whole)
    assert capsys.readouterr().out.count(f"x: {tmp_path / 'fold.state'} was damaged since it was written") == 1


def test_broken_off_twice(run, tmp_path):
    whole = run(None, EVERYTHING)
    for step in (3, 5):
        with pytest.raises(BrokenOffError):
            run(tmp_path / "fold.state", EVERYTHING, break_at=step)
    assert same(run(tmp_path / "fold.state", EVERYTHING), whole)


def test_early_stop_counts_on_where_it_was(run, tmp_path):
    changes = EVERYTHING | {"keep_best": KeepBest("loss", 1), "epochs": 8}
    whole = run(None, changes)
    assert len(whole[0]) < 12, "it should end early, or the test says nothing"
    with pytest.raises(BrokenOffError):
        run(tmp_path / "fold.state", changes, break_at=whole[0][-1].step)
    assert same(run(tmp_path / "fold.state", changes), whole)


def test_a_state_now_and_then_is_enough(run, tmp_path):
    """Nothing is written before the time has come."""
    assert same(run(tmp_path / "fold.state", EVERYTHING, seconds=1e9), run(None, EVERYTHING))
    assert checked_versions(tmp_path / "fold.state") == []


# The whole of a process that trains a fold and, where the last argument is a step, is killed there.
ONE_FOLD = """
import json, os, signal, sys
from functools import partial
from pathlib import Path
import numpy as np
from pipeline.data.labels import make_label_set
from pipeline.members.kind import Run
from pipeline.members.neural import kind as neural
from pipeline.members.recipe import read_recipe
from pipeline.members.rows import rows_of_competition
from pipeline.training import loop

given, state, out = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]), Path(sys.argv[3])
updates, real = iter(range(1, 99)), loop.updater
def updater(*args):
    update = real(*args)
    def counted(batch):
        if next(updates) == int(sys.argv[4]):
            os.kill(os.getpid(), signal.SIGKILL)
        return update(batch)
    return counted
loop.updater = updater
neural.train_classifier = partial(loop.train_classifier, seconds_between_saves=0.0)
kind, recipe = neural.Neural(), read_recipe(Path(sys.argv[1]).with_name("recipe.json"))
kind.set_up(recipe)
features, folds = kind.reader(Path(recipe.from_), recipe)(given["texts"]), np.arange(60)[None] % 4
rows = rows_of_competition(features, np.array(given["labels"]), make_label_set("abc"), folds)
fold = kind.fit(rows, 0, recipe, Run("cpu", "x", state))
fold.model.save(out)
fold.history.to_csv(out / "history.csv")
"""


def test_a_member_killed_by_a_signal_ends_with_the_same_bytes(
    tiny_checkpoint, short_texts, short_labels, neural_recipe, tmp_path
):
    """Through the member: its own process dies, the next one finds the state file."""
    recipe = neural_recipe(**{"from": str(tiny_checkpoint("bert"))}, averaging={"name": "ema", "decay": 0.9})
    (tmp_path / "recipe.json").write_text(recipe.model_dump_json(by_alias=True))
    (tmp_path / "given.json").write_text(json.dumps({"labels": short_labels.tolist(), "texts": short_texts}))

    def train(state, out, dies_at):
        out.mkdir()
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
        command = [sys.executable, "-c", ONE_FOLD, tmp_path / "given.json", state, out, str(dies_at)]
        return subprocess.run(command, env=environment, cwd=ROOT).returncode

    state = tmp_path / "fold.state"
    assert train(state, tmp_path / "killed", 5) == -signal.SIGKILL
    assert len(checked_versions(state)) == 1
    assert train(state, tmp_path / "resumed", 0) == 0
    assert train(tmp_path / "another.state", tmp_path / "whole", 0) == 0
    for name in (WEIGHTS, "history.csv"):
        assert (tmp_path / "resumed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize(("written", "seconds"), [(None, 300.0), ("0", 0.0), ("60", 60.0), ("0.5", 0.5)])
def test_how_often_the_state_is_saved_belongs_to_the_machine(monkeypatch, written, seconds):
    monkeypatch.delenv("CONCLAVE_SAVE_SECONDS", raising=False)
    if written is not None:
        monkeypatch.setenv("CONCLAVE_SAVE_SECONDS", written)
    assert resume._seconds_between_saves() == seconds


@pytest.mark.parametrize("written", ["", "often", "-1", "nan"])
def test_seconds_that_are_none(monkeypatch, written):
    monkeypatch.setenv("CONCLAVE_SAVE_SECONDS", written)
    with pytest.raises(UserError) as refused:
        resume._seconds_between_saves()
    assert str(refused.value) == f"CONCLAVE_SAVE_SECONDS: got '{written}', a number of seconds from 0 is allowed"
