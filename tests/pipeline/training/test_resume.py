"""Training that breaks off and goes on ends with the bytes of one that did not."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import torch
from transformers import AutoConfig, AutoModelForMaskedLM, AutoTokenizer

from pipeline.artifacts.checksums import checked_versions
from pipeline.errors import UserError
from pipeline.models.dropout import set_dropout
from pipeline.training import encoder, masked_lm

ROOT = Path(__file__).parents[3]
SETTINGS = {
    "steps": 9,
    "checkpoints": [2, 5],
    "batch_tokens": 128,
    "max_length": 16,
    "learning_rate": 0.01,
    "warmup_ratio": 0.3,
    "weight_decay": 0.01,
    "dropout": 0.1,
    "masking": {"name": "ngram", "probabilities": [0.5, 0.5]},
    "mlm_probability": 0.3,
    "held_out": 0.1,
    "evaluate_every": 4,  # not a divisor: a break falls between two points of the curve
    "early_stop": None,
}
# The whole of a process that trains and, at a step, is killed by a signal that nobody can catch.
KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {here!r})
import torch
from test_resume import SETTINGS, run

step, clip = iter(range(1, 99)), torch.nn.utils.clip_grad_norm_
def clip_or_die(*args, **settings):
    if next(step) == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return clip(*args, **settings)
torch.nn.utils.clip_grad_norm_ = clip_or_die
from transformers import AutoTokenizer
folder = Path({folder!r})
texts = (folder / "texts.txt").read_text().split("\\n")
tokenizer = AutoTokenizer.from_pretrained(folder / "checkpoint")
run(folder / "checkpoint", tokenizer, texts, folder / "out", folder / "scratch")
"""


class BrokenOffError(Exception):
    pass


def run(checkpoint, tokenizer, texts, folder, scratch, seconds=0.0, **changes):
    """Post-train the tiny encoder, its state saved at each step: → its curve."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    config = AutoConfig.from_pretrained(checkpoint)
    set_dropout(config, 0.1)  # so that steps draw from torch's own generator
    model = AutoModelForMaskedLM.from_pretrained(checkpoint, config=config, dtype="float32")
    folder.mkdir(exist_ok=True)
    real = masked_lm.train_masked_lm
    encoder.train_masked_lm = partial(real, seconds_between_saves=seconds)
    try:
        return encoder.train_encoder(
            model, tokenizer, texts, folder, scratch, SETTINGS | changes,
            precision="fp32", device="cpu", seed=0, what="x",
        )  # fmt: skip
    finally:
        encoder.train_masked_lm = real


def digests(folder):
    """The hash of each file below a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def break_at(monkeypatch, step):
    """Raise in the step's update, once."""
    calls, real = iter(range(1, 99)), torch.nn.utils.clip_grad_norm_

    def clip(*args, **settings):
        if next(calls) == step:
            raise BrokenOffError
        return real(*args, **settings)

    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", clip)


@pytest.fixture
def start(tiny_checkpoint, tiny_tokenizer, short_texts, tmp_path):
    """`start("name")` trains into tmp_path/name from tmp_path/scratch."""

    def call(name, scratch="scratch", texts=short_texts, tokenizer=tiny_tokenizer, **changes):
        curve = run(tiny_checkpoint("bert"), tokenizer, texts, tmp_path / name, tmp_path / scratch, **changes)
        return curve, digests(tmp_path / name)

    return call


@pytest.mark.parametrize("step", [1, 2, 3, 4, 5, 6, 9])
def test_broken_off_at_any_step(start, monkeypatch, step):
    whole = start("whole", scratch="other")
    with monkeypatch.context() as patch:
        break_at(patch, step)
        with pytest.raises(BrokenOffError):
            start("broken")
    curve, files = start("resumed", texts=None if step > 1 else iter(()))  # the text is not read again
    assert curve.equals(whole[0])
    assert files == whole[1]
    assert {"model.safetensors", "step-2/model.safetensors", "step-5/model.safetensors"} <= set(files)


def test_broken_off_twice(start, monkeypatch):
    whole = start("whole", scratch="other")
    for step in (4, 3):  # the second break comes at step 6 of the whole
        with monkeypatch.context() as patch:
            break_at(patch, step)
            with pytest.raises(BrokenOffError):
                start("broken")
    curve, files = start("resumed")
    assert curve.equals(whole[0])
    assert files == whole[1]


def test_goes_on_with_what_early_stop_has_seen(start, monkeypatch):
    """With made-up held-out losses: the best lies before the break, the end after it."""
    changes = {"early_stop": 3, "evaluate_every": 1, "steps": 9}
    scores = {1: 3.0, 2: 1.0, 3: 2.0, 4: 1.5, 5: 1.2}

    def patch_scores(first):
        calls = iter(range(first, 99))
        monkeypatch.setattr(masked_lm, "held_out_loss", lambda *args: scores[next(calls)])

    patch_scores(1)
    whole = start("whole", scratch="other", **changes)
    patch_scores(1)
    with monkeypatch.context() as patch:
        break_at(patch, 4)
        with pytest.raises(BrokenOffError):
            start("broken", **changes)
    patch_scores(4)
    curve, files = start("resumed", **changes)
    assert curve["step"].tolist() == [1, 2, 3, 4, 5]
    assert curve.equals(whole[0])
    assert files == whole[1]


def test_state_is_saved_now_and_then_only(start, monkeypatch, tmp_path):
    with monkeypatch.context() as patch:
        break_at(patch, 9)
        with pytest.raises(BrokenOffError):
            start("broken", seconds=1000.0)
    assert checked_versions(tmp_path / "scratch/state.pt") == []
    assert (tmp_path / "scratch/tokens").exists()


def test_a_training_that_is_over_is_not_begun_again(start, monkeypatch):
    """Killed after the last step and before the outputs were in place."""
    whole = start("whole", steps=9)
    break_at(monkeypatch, 2)  # one step is left: the last save was before it
    assert start("again", steps=9)[1] == whole[1]


@pytest.mark.parametrize("part", ["state", "tokens", "step-2"])
def test_what_was_damaged_is_made_again(start, monkeypatch, tmp_path, short_texts, capsys, part):
    """A byte that flipped in the state, the tokenised texts or a checkpoint gives no other weights."""
    whole = start("whole", scratch="other")
    with monkeypatch.context() as patch:
        break_at(patch, 4)
        with pytest.raises(BrokenOffError):
            start("broken")
    (state,) = checked_versions(tmp_path / "scratch/state.pt")
    files = {"state": state, "tokens": "tokens/token_ids.bin", "step-2": "step-2/model.safetensors"}
    file = tmp_path / "scratch" / files[part]
    content = bytearray(file.read_bytes())
    content[-9] ^= 4
    file.write_bytes(content)
    curve, made = start("resumed", texts=short_texts)
    assert curve.equals(whole[0])
    assert made == whole[1]
    assert capsys.readouterr().out.count("was damaged since it was written; thrown away, to be made again") == 1


def test_a_checkpoint_that_is_gone_is_named_and_comes_again(start, monkeypatch, tmp_path):
    whole = start("whole", scratch="other")
    with monkeypatch.context() as patch:
        break_at(patch, 4)
        with pytest.raises(BrokenOffError):
            start("broken")
    shutil.rmtree(tmp_path / "scratch/step-2")
    with pytest.raises(UserError, match=r"^x: the checkpoint of step 2 is gone from .*scratch; run the stage again$"):
        start("broken")
    assert start("resumed")[1] == whole[1]


def test_killed_for_real(start, tiny_checkpoint, short_texts, tmp_path):
    (tmp_path / "texts.txt").write_text("\n".join(short_texts))
    (tmp_path / "checkpoint").symlink_to(tiny_checkpoint("bert"))
    code = KILLED.format(here=str(Path(__file__).parent), folder=str(tmp_path))
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    killed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert len(checked_versions(tmp_path / "scratch/state.pt")) == 1
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "checkpoint")
    curve, files = start("resumed", texts=None, tokenizer=tokenizer)
    whole = start("whole", scratch="other", tokenizer=tokenizer)
    assert curve.equals(whole[0])
    assert files == whole[1]
