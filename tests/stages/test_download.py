import re
import shutil
from pathlib import Path

import pytest

from pipeline.errors import UserError
from stages import download

ROOT = Path(__file__).parents[2]
REVISION = "0123456789abcdef0123456789abcdef01234567"
MADE = Path("models/pretrained/wwm")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with one hub entry."""
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    entry = f"hub: {{wwm: {{repo: hfl/roberta-wwm, revision: {REVISION!r}}}}}"
    text, found = re.subn(r"(?m)^hub: {}", entry, text)
    assert found == 1
    Path("params.yaml").write_text(text, encoding="utf-8")


@pytest.fixture
def hub(project, tmp_path, monkeypatch, tiny_checkpoint):
    """A hub that serves a real, tiny checkpoint: → its folder."""
    folder = tmp_path / "hub"
    shutil.copytree(tiny_checkpoint("bert"), folder)
    (folder / "README.md").write_text("# A model card")

    def snapshot_download(repo, revision, allow_patterns):
        assert (repo, revision) == ("hfl/roberta-wwm", REVISION)
        assert "model.safetensors" in allow_patterns
        return str(folder)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    return folder


def test_the_checkpoint_loads_from_its_folder_alone(hub, capsys):
    import torch
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    download.main("wwm")
    original = AutoModelForMaskedLM.from_pretrained(hub, local_files_only=True).state_dict()
    shutil.rmtree(hub)
    model = AutoModelForMaskedLM.from_pretrained(MADE, local_files_only=True)
    assert all(torch.equal(value, original[name]) for name, value in model.state_dict().items())
    assert len(AutoTokenizer.from_pretrained(MADE, local_files_only=True)) == model.config.vocab_size
    assert not (MADE / "README.md").exists()
    said = capsys.readouterr().out
    assert said.startswith("wwm: hfl/roberta-wwm at 0123456789ab: config.json, ")
    assert said.endswith(f": {MADE}/\n")


def test_missing_weights_are_named_and_nothing_is_left(hub):
    (hub / "model.safetensors").unlink()
    with pytest.raises(UserError) as refused:
        download.main("wwm")
    assert str(refused.value).startswith("hub.wwm: the checkpoint has no weights (model.safetensors or ")
    assert list(MADE.parent.iterdir()) == []


def test_a_hub_that_cannot_be_reached(project, monkeypatch):
    """The hub's own client, with no network at all."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_CACHE", str(Path("empty").resolve()))
    with pytest.raises(UserError) as refused:
        download.main("wwm")
    assert str(refused.value).startswith(f"hfl/roberta-wwm at {REVISION}: could not be downloaded (")
    assert not MADE.exists()


def test_a_name_that_params_do_not_hold(project):
    with pytest.raises(UserError, match="hub: got 'wmm', one of: wwm; did you mean 'wwm'"):
        download.main("wmm")
