import hashlib

import pandas as pd
import pytest
import torch
from transformers import AutoModelForMaskedLM, AutoTokenizer

from pipeline.errors import UserError
from pipeline.models.build import load_encoder, read_config
from pipeline.training.encoder import describe_curve, train_encoder

SETTINGS = {
    "steps": 4,
    "checkpoints": [2],
    "batch_tokens": 128,
    "max_length": 16,
    "learning_rate": 0.01,
    "warmup_ratio": 0.1,
    "weight_decay": 0.01,
    "dropout": 0.0,
    "masking": {"name": "token"},
    "mlm_probability": 0.3,
    "held_out": 0.1,
    "evaluate_every": 2,
    "early_stop": None,
}


@pytest.fixture
def run(tiny_checkpoint, tiny_tokenizer, short_texts, tmp_path_factory):
    def train(architecture="bert", scratch=None, **changes):
        folder = tmp_path_factory.mktemp("encoder")
        scratch = scratch or tmp_path_factory.mktemp("scratch")
        model = AutoModelForMaskedLM.from_pretrained(tiny_checkpoint(architecture), dtype="float32")
        torch.manual_seed(0)
        settings = SETTINGS | changes
        options = {"precision": "fp32", "device": "cpu", "seed": 0, "what": "post-train x"}
        return folder, train_encoder(model, tiny_tokenizer, iter(short_texts), folder, scratch, settings, **options)

    return train


def digest(folder):
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


@pytest.mark.parametrize("architecture", ["bert", "nezha"])
def test_encoder_and_checkpoints_are_whole_directories(run, tiny_tokenizer, architecture):
    folder, curve = run(architecture)
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == ["step-2"]
    for directory in (folder, folder / "step-2"):
        tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=True)
        assert tokenizer("a1 w3")["input_ids"] == tiny_tokenizer("a1 w3")["input_ids"]
        assert load_encoder(read_config(directory), directory, 0.1).config.model_type == architecture
        assert AutoModelForMaskedLM.from_pretrained(directory).config.vocab_size == len(tiny_tokenizer)
    assert digest(folder) != digest(folder / "step-2")
    assert curve.columns.tolist() == ["step", "loss", "held_out_loss"]
    assert curve["step"].tolist() == [2, 4]


def test_the_tokenizer_is_saved_as_it_came(run, tiny_tokenizer, tmp_path):
    """Without the truncation of post-training, which would depend on whether a run was killed."""
    folder, _ = run()
    tiny_tokenizer.save_pretrained(tmp_path)
    assert (folder / "tokenizer.json").read_bytes() == (tmp_path / "tokenizer.json").read_bytes()


def test_same_seed_same_bytes(run):
    (first, curve), (second, same_curve) = run(), run()
    assert digest(first) == digest(second)
    assert digest(first / "step-2") == digest(second / "step-2")
    assert curve.equals(same_curve)


def test_checkpoints_past_the_end_are_the_end(run):
    folder, _ = run(steps=3, checkpoints=[2, 50, 1000])
    assert digest(folder / "step-50") == digest(folder / "step-1000") == digest(folder)
    assert digest(folder / "step-2") != digest(folder)


def test_no_steps_keep_the_encoder(run, tiny_checkpoint):
    folder, curve = run(steps=0, checkpoints=[5])
    before = AutoModelForMaskedLM.from_pretrained(tiny_checkpoint("bert")).state_dict()
    for directory in (folder, folder / "step-5"):
        after = AutoModelForMaskedLM.from_pretrained(directory).state_dict()
        assert all(torch.equal(after[name], before[name]) for name in before)
    assert len(curve) == 0
    assert curve.columns.tolist() == ["step", "loss", "held_out_loss"]


def test_length_without_positions_is_refused(run):
    with pytest.raises(UserError, match=r"^post-train x: got max_length 33, .* set max_length to 32 or less$"):
        run(max_length=33)
    run("nezha", max_length=33, steps=1, checkpoints=[])


@pytest.mark.parametrize(
    ("early_stop", "said"), [(None, "held-out loss 5.5000 at step 6"), (1, "held-out loss 5.2500 at step 4")]
)
def test_in_words_the_loss_is_that_of_the_weights_that_are_kept(early_stop, said):
    curve = pd.DataFrame([(2, 7.0, 6.0), (4, 6.0, 5.25), (6, 5.0, 5.5)], columns=["step", "loss", "held_out_loss"])
    assert describe_curve(curve, early_stop) == said
    assert describe_curve(curve.head(0), early_stop) == "not trained"
