"""What several folders share: 60 short texts, tiny encoders with fresh weights, the project's defaults.

torch and transformers are imported inside the fixtures, so that tests which need neither start at once.
"""

import os
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import hypothesis
import numpy as np
import pytest
from numpy.typing import NDArray

# Tiny tensors only lose by more threads, and test runs share the machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")

hypothesis.settings.register_profile("conclave", deadline=None)  # machines of CI are shared and noisy
hypothesis.settings.load_profile("conclave")

ROOT = Path(__file__).parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the DAG first: they take longest, and workers take the files in this order."""
    items.sort(key=lambda item: item.get_closest_marker("dag") is None)


COMMON = [f"w{i}" for i in range(16)]
TOPICS = [[f"{topic}{i}" for i in range(8)] for topic in "abc"]
ROWS_OF_CLASS = (30, 20, 10)
SHAPE = {"layers": 2, "hidden": 16, "heads": 2, "intermediate": 32, "max_length": 32, "dropout": 0.0}


@pytest.fixture(scope="session")
def short_labels() -> NDArray[np.int64]:
    """The class of each of `short_texts`: 30 rows of class 0, 20 of class 1, 10 of class 2, mixed."""
    return np.random.default_rng(0).permutation(np.repeat(np.arange(3), ROWS_OF_CLASS))


@pytest.fixture(scope="session")
def short_texts(short_labels: NDArray[np.int64]) -> list[str]:
    """60 texts of 2 to 15 words, of which about half tell the class."""
    rng = np.random.default_rng(1)
    return [
        " ".join(rng.choice(TOPICS[label] if i % 2 else COMMON) for i in range(rng.integers(2, 16)))
        for label in short_labels
    ]


@pytest.fixture(scope="session")
def tiny_tokenizer() -> Any:
    """A word-level tokenizer of the words of `short_texts`; its five special tokens come first."""
    from pipeline.vocab.tokenizers import word_level_tokenizer

    return word_level_tokenizer([*COMMON, *chain.from_iterable(TOPICS)], max_length=32)


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory, tiny_tokenizer: Any) -> Callable[[str], Path]:
    """The directory of a tiny masked language model, made once a session: `tiny_checkpoint("bert")`."""
    import torch

    from pipeline import registry

    made: dict[str, Path] = {}

    def checkpoint(architecture: str) -> Path:
        if architecture not in made:
            torch.manual_seed(0)
            model = registry.load("architectures", architecture)(vocab_size=len(tiny_tokenizer), **SHAPE)
            made[architecture] = tmp_path_factory.mktemp(architecture)
            model.save_pretrained(made[architecture])
            tiny_tokenizer.save_pretrained(made[architecture])
        return made[architecture]

    return checkpoint


@pytest.fixture(scope="session")
def make_model() -> Callable[..., Any]:
    """A tiny transformers model with large random weights: `make_model("roberta", masked_lm=True)`.

    The usual initial weights are so small that a mistake in masking would drown in the tolerance.
    """
    import torch
    from transformers import AutoConfig, AutoModel, AutoModelForMaskedLM

    import pipeline.models.nezha  # noqa: F401  (registers NEZHA)

    shape = {
        "vocab_size": 40,
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "max_position_embeddings": 40,
        "pad_token_id": 0,
    }
    special: dict[str, dict[str, Any]] = {
        "albert": {"embedding_size": 8},
        "deberta-v2": {
            "relative_attention": True,
            "pos_att_type": ["p2c", "c2p"],
            "position_biased_input": False,
        },
        "electra": {"embedding_size": 8},
        "modernbert": {"bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2, "sep_token_id": 3},
        "nezha": {"max_relative_position": 4},
        "roberta": {"pad_token_id": 1},
    }

    def make(model_type: str, *, masked_lm: bool = False, **overrides: Any) -> Any:
        torch.manual_seed(0)
        config = AutoConfig.for_model(model_type, **shape | special.get(model_type, {}) | overrides)
        model = (AutoModelForMaskedLM if masked_lm else AutoModel).from_config(config)
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.dim() > 1:
                    parameter.normal_(0, 0.3)
        return model.eval()

    return make


@pytest.fixture(scope="session")
def piece_arguments() -> Callable[[str, str], dict[str, Any]]:
    """The default arguments of a registered word in params.yaml: `piece_arguments("losses", "focal")`."""
    from ruamel.yaml import YAML

    defaults = YAML(typ="safe").load(ROOT / "pipeline/config/defaults.yaml")["defaults"]

    def arguments(family: str, word: str) -> dict[str, Any]:
        return dict((defaults.get(family) or {}).get(word) or {})

    return arguments


@pytest.fixture(scope="session")
def member_recipe() -> Callable[..., Any]:
    """A recipe of the project's defaults, with keys changed as in params.yaml: `member_recipe("mlp", seed=1)`."""
    from ruamel.yaml import YAML

    from pipeline.members.recipe import load_recipe

    defaults = YAML(typ="safe").load(ROOT / "pipeline/config/defaults.yaml")["defaults"]

    def recipe(kind: str, **changes: Any) -> Any:
        written = {"kind": kind, "from": "models/encoders/x", **defaults.get(kind, {}), **changes}
        return load_recipe(kind).model_validate(written, context={"defaults": defaults})

    return recipe


@pytest.fixture(scope="session")
def neural_recipe(member_recipe: Callable[..., Any]) -> Callable[..., Any]:
    """A neural member's recipe sized for the tiny encoders: `neural_recipe(loss="dice", epochs=1)`."""
    small = {
        "max_length": 16,
        "poolers": ["mean"],
        "class_weights": "none",
        "epochs": 2,
        "batch_size": 8,
        "learning_rate": {"embeddings": 0.01, "encoder": 0.01, "head": 0.01},
        "early_stop": {"on": "never", "metric": "macro_f1", "share": 0.2, "patience": 2},
        "threads": 1,
        "seed": 0,
    }
    return lambda **changes: member_recipe("neural", **small | changes)


class Fitted(NamedTuple):
    """A trained fold, and the logits of the rows that it held out."""

    model: Any
    history: Any
    logits: NDArray[np.float32]


@pytest.fixture(scope="session")
def make_rows() -> Callable[..., Any]:
    """The rows of one fold: `make_rows(features, targets, held_out)`; it trains on all others, or on `train_rows`.

    `copy_of` says of which row each of the last rows is a copy; classes are 0, 1, 2 unless they are named.
    """
    from pipeline.data.labels import LabelSet
    from pipeline.members.rows import TrainingRows

    def make(
        features: Any,
        targets: NDArray[Any],
        held_out: NDArray[np.integer],
        train_rows: Any = None,
        classes: Any = 3,
        copy_of: Any = (),
        weights: Any = None,
    ) -> Any:
        n = len(targets)
        parent = np.concatenate([np.full(n - len(copy_of), -1), np.asarray(copy_of, dtype=np.int64)])
        own = np.where(parent < 0, np.arange(n), parent)
        trained_on = np.setdiff1d(own, held_out) if train_rows is None else train_rows
        return TrainingRows(
            features=features,
            targets=targets,
            weights=np.ones(n, dtype=np.float32) if weights is None else weights,
            parent=parent,
            trains=np.isin(own, trained_on)[None],
            # A second fold holds the others out: what no fold holds out is never scored, by no inner split either.
            held_out=np.stack([np.isin(np.arange(n), held_out), ~np.isin(np.arange(n), held_out) & (parent < 0)]),
            classes=LabelSet([str(i) for i in range(classes)], [], []) if isinstance(classes, int) else classes,
        )

    return make


@pytest.fixture(scope="session")
def fit_fold(make_rows: Callable[..., Any]) -> Callable[..., Fitted]:
    """Train a fold: `fit_fold("linear", recipe, features, targets, held_out)`, with the options of `make_rows`."""
    from pipeline.members.kind import Run, load_kind

    def fit(
        kind: str, recipe: Any, *rows: Any, what: str = "x fold 0", state_file: Path | None = None, **options: Any
    ) -> Fitted:
        made = make_rows(*rows, **options)
        fold = load_kind(kind).fit(made, 0, recipe, Run("cpu", what, state_file))
        return Fitted(fold.model, fold.history, fold.model.logits(made.features, made.held_out_rows(0)))

    return fit
