import pytest

from pipeline.artifacts.checkpoint import check_checkpoint, fetch_checkpoint
from pipeline.errors import UserError

PATTERNS = ["*.json", "*.txt", "model.safetensors", "pytorch_model*.bin"]
REVISION = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub that serves a folder; the calls it got."""
    (tmp_path / "snapshot" / "onnx").mkdir(parents=True)
    (tmp_path / "fetched").mkdir()
    calls = []

    def snapshot_download(repo, **options):
        calls.append((repo, options))
        return str(tmp_path / "snapshot")

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    return calls


def serve(tmp_path, *names):
    for name in names:
        (tmp_path / "snapshot" / name).write_text(name)


def fetch(tmp_path):
    fetch_checkpoint("some/bert", REVISION, PATTERNS, tmp_path / "fetched")
    return sorted(path.name for path in (tmp_path / "fetched").iterdir())


def test_files_of_the_pinned_revision_are_copied(hub, tmp_path):
    serve(tmp_path, "config.json", "model.safetensors", "vocab.txt", "onnx/model.json")
    assert fetch(tmp_path) == ["config.json", "model.safetensors", "vocab.txt"]
    assert (tmp_path / "fetched" / "vocab.txt").read_text() == "vocab.txt"
    assert not (tmp_path / "fetched" / "vocab.txt").is_symlink()
    assert hub == [("some/bert", {"revision": REVISION, "allow_patterns": PATTERNS})]


def test_pickled_weights_are_left_out_beside_safetensors(hub, tmp_path):
    serve(tmp_path, "config.json", "model.safetensors", "pytorch_model.bin", "pytorch_model.bin.index.json")
    assert fetch(tmp_path) == ["config.json", "model.safetensors"]


def test_pickled_weights_are_taken_where_there_are_no_others(hub, tmp_path):
    serve(tmp_path, "config.json", "adapter.safetensors", "pytorch_model.bin")
    assert fetch(tmp_path) == ["config.json", "pytorch_model.bin"]


def test_what_the_hubs_cache_holds_besides_does_not_matter(hub, tmp_path):
    """An earlier download of the revision, by another program, leaves more in the cache."""
    serve(tmp_path, "config.json", "model.safetensors", "README.md", "tf_model.h5", "adapter.safetensors")
    assert fetch(tmp_path) == ["config.json", "model.safetensors"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError("no route\nto host"), "(no route)"),
        (ValueError("bad repo id"), "(bad repo id)"),
        (KeyError(), "(KeyError)"),
    ],
)
def test_whatever_goes_wrong_names_repo_revision_and_remedy(monkeypatch, tmp_path, error, reason):
    def snapshot_download(repo, **options):
        raise error

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    with pytest.raises(UserError) as refused:
        fetch_checkpoint("some/bert", REVISION, PATTERNS, tmp_path)
    message = str(refused.value)
    assert message.startswith(f"some/bert at {REVISION}: could not be downloaded {reason}. Check ")
    assert "encoders.<name>.from" in message
    assert "\n" not in message


WHOLE = ["config.json", "model.safetensors", "vocab.txt"]


def test_a_whole_checkpoint(tmp_path):
    for name in WHOLE:
        (tmp_path / name).touch()
    check_checkpoint(tmp_path, "hub.x")


@pytest.mark.parametrize(
    ("lost", "message"),
    [
        (
            "config.json",
            "hub.x: the checkpoint has no configuration (config.json); found: model.safetensors, vocab.txt",
        ),
        ("model.safetensors", "hub.x: the checkpoint has no weights (model.safetensors or "),
        ("vocab.txt", "hub.x: the checkpoint has no tokenizer (tokenizer.json or vocab.txt or "),
    ],
)
def test_what_a_checkpoint_lacks(tmp_path, lost, message):
    for name in WHOLE:
        if name != lost:
            (tmp_path / name).touch()
    with pytest.raises(UserError) as refused:
        check_checkpoint(tmp_path, "hub.x")
    assert str(refused.value).startswith(message)


def test_an_empty_checkpoint(tmp_path):
    with pytest.raises(UserError, match=r"found: nothing"):
        check_checkpoint(tmp_path, "hub.x")
