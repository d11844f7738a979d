"""A short `make chaos`: one member trained on two workers under fire, and not a byte is lost."""

import random
import signal
import sys
from pathlib import Path

import pytest

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1])]
from chaos import Attack, Log, compare, draw_attack, expected_bytes, run_under
from dag_workspace import Workspace

pytestmark = pytest.mark.dag

TRAIN = ["sh", "-c", "python -m tools.mend && dvc repro --force --single-item finetune@bert-ce"]
KILLS = 4


def test_kills_lose_nothing(finished: Workspace, workspace: Workspace) -> None:
    rng, log = random.Random(3), Log()
    for number in range(KILLS):
        attack = draw_attack(rng, number % 2 == 0, longest=7.0, n_writes=60)
        before = log.kills
        run_under(attack, TRAIN, workspace, log)
        if log.kills == before:
            break  # it came too late: everything was trained and published by then
    run_under(None, TRAIN, workspace, log)
    assert log.problems == []
    assert log.kills
    assert compare(workspace, expected_bytes(finished)) == []
    # How often a fold was finished says nothing here: the command trains anew what DVC has recorded, and a kill may
    # fall after that. `make chaos` counts, and so does tests/stages/test_finetune.py.


def test_a_run_that_fails_in_peace_and_noise_are_seen(workspace: Workspace) -> None:
    """The harness itself: what it looks for, it finds."""
    log = Log()
    run_under(None, ["sh", "-c", "echo 'x fold 1: macro-F1 0.5'; echo Aborted; exit 3"], workspace, log)
    assert log.problems == ["None: noise in the output", "None: a run in peace ended with status 3"]
    assert log.folds == {"x fold 1": 1}
    expected = expected_bytes(workspace)
    assert compare(workspace, expected) == []
    (workspace.root / "data/prepared/labels.json").write_text("{}")
    (workspace.root / "models/predictions.npz").unlink()
    (workspace.root / "models/new").touch()
    assert sorted(compare(workspace, expected)) == ["data/prepared/labels.json", "models/new", "models/predictions.npz"]


def test_an_aimed_attack_hits_at_its_write(workspace: Workspace) -> None:
    """The third file that a process opens for writing is not written."""
    log = Log()
    attack = Attack("stage", signal.SIGKILL, write=3)
    code = "for i in range(5): open(f'file-{i}', 'w').close()"
    run_under(attack, [sys.executable, "-c", code], workspace, log)
    assert log.kills == 1
    assert [i for i in range(5) if (workspace.root / f"file-{i}").exists()] == [0, 1]
