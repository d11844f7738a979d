"""`post_train` alone: from a file of any kind, and on after a break."""

import gzip
import hashlib
import json
import shutil
from pathlib import Path

import pytest
import torch

from pipeline.errors import UserError
from pipeline.runtime.scratch import published_folders
from pipeline.steps import post_train as step
from pipeline.training import masked_lm
from stages import post_train

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path, monkeypatch, tiny_checkpoint, short_texts):
    """A project in which tiny-bert is aligned, and whose text is a gzipped file of the user's own."""
    monkeypatch.chdir(tmp_path)
    params = (ROOT / "params.yaml").read_text(encoding="utf-8").replace("toy: false", "toy: true", 1)
    params = params.replace("runtime:\n", "runtime:\n  threads: 1\n", 1)
    params += "\ndefaults: {masked_lm: {max_length: 32, mlm_probability: 0.15}}\n"
    params = params.replace("corpus: data/prepared/corpus.parquet", "corpus: mine.jsonl.gz", 1)
    Path("params.yaml").write_text(params, encoding="utf-8")
    shutil.copytree(tiny_checkpoint("bert"), "models/aligned/tiny-bert")
    lines = "".join(json.dumps({"text": text}) + "\n" for text in short_texts)
    Path("mine.jsonl.gz").write_bytes(gzip.compress(lines.encode()))


def outputs():
    folders = [Path("models/encoders/tiny-bert"), Path("reports/history/post_train")]
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {path.as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_goes_on_after_a_break_and_keeps_what_it_made_until_dvc_has_it(project, monkeypatch, capsys):
    post_train.main("tiny-bert")
    whole = outputs()
    assert "models/encoders/tiny-bert/model.safetensors" in whole
    assert not {"curve.csv", "sha256.json"} & {Path(file).name for file in whole}
    assert [published.stage for published in published_folders()] == ["post_train@tiny-bert"]
    shutil.rmtree("models/encoders")
    said = capsys.readouterr().out
    with monkeypatch.context() as patch:
        patch.setattr(torch.nn.utils, "clip_grad_norm_", None)  # nothing is trained
        post_train.main("tiny-bert")
    assert outputs() == whole
    assert capsys.readouterr().out == said
    for folder in ("models/encoders", "reports", ".scratch"):
        shutil.rmtree(folder)

    calls, real = iter(range(1, 99)), torch.nn.utils.clip_grad_norm_

    def clip(*args, **settings):
        if next(calls) == 5:
            raise KeyboardInterrupt
        return real(*args, **settings)

    with monkeypatch.context() as patch:
        patch.setattr(masked_lm.train_masked_lm, "__kwdefaults__", {"seconds_between_saves": 0.0})
        patch.setattr(torch.nn.utils, "clip_grad_norm_", clip)
        with pytest.raises(KeyboardInterrupt):
            post_train.main("tiny-bert")
    assert not Path("models/encoders/tiny-bert").exists()
    kept = list(Path(".scratch").rglob("state.pt.*"))
    assert len(kept) == 1
    with monkeypatch.context() as patch:
        steps = []
        patch.setattr(
            masked_lm,
            "stream_batches",
            lambda *a, skip, real=masked_lm.stream_batches: steps.append(skip) or real(*a, skip=skip),
        )
        post_train.main("tiny-bert")
    assert steps == [4]
    assert outputs() == whole


@pytest.mark.parametrize("change", ["params", "text", "encoder", "threads"])
def test_another_run_does_not_go_on_with_this_ones_state(project, monkeypatch, change):
    """What determines the result is in the name of the scratch folder."""

    def stop(*args, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", stop)
    for n_folders in (1, 1, 2):
        if n_folders == 2:
            params = Path("params.yaml").read_text(encoding="utf-8")
            if change == "params":
                Path("params.yaml").write_text(params.replace("mlm_probability: 0.15", "mlm_probability: 0.2"))
            elif change == "threads":
                Path("params.yaml").write_text(params.replace("threads: 1", "threads: 2"))
            elif change == "text":
                Path("mine.jsonl.gz").write_bytes(gzip.compress(b'{"text": "w1 w2"}\n{"text": "w3"}\n'))
            else:
                Path("models/aligned/tiny-bert/note.txt").write_text("changed")
        with pytest.raises(KeyboardInterrupt):
            post_train.main("tiny-bert")
        assert len(list(Path(".scratch").iterdir())) == n_folders


def test_a_toy_run_reads_few_texts(project, monkeypatch):
    read = []
    monkeypatch.setattr(step, "TOY_DOCUMENTS", 10)
    real = step.stream_texts
    monkeypatch.setattr(step, "stream_texts", lambda path, **kw: (read.append(t) or t for t in real(path, **kw)))
    post_train.main("tiny-bert")
    assert len(read) == 10


def test_text_that_is_missing_is_named(project):
    Path("mine.jsonl.gz").unlink()
    with pytest.raises(UserError, match=r"mine.jsonl.gz: not found"):
        post_train.main("tiny-bert")
