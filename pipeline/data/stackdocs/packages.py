"""Which packages the embedded competition reads: all of them are runtime dependencies of Conclave."""

from typing import NamedTuple


class Packages(NamedTuple):
    """Folders below site-packages for each of three texts; no folder is in two of the texts."""

    competition: tuple[str, ...]  # the labelled rows; these packages are the first level of the labels
    unlabelled: tuple[str, ...]  # the competition's unlabelled text, anonymised like its rows
    plain: tuple[str, ...]  # text in plain words, of which an encoder is pretrained


PACKAGES = Packages(
    competition=("sympy", "scipy", "pandas", "sklearn", "networkx", "numpy"),
    unlabelled=("torch", "transformers"),
    plain=(
        "accelerate",
        "aiohttp",
        "anyio",
        "asyncssh",
        "attr",
        "celery",
        "click",
        "diskcache",
        "dulwich",
        "dvc",
        "fsspec",
        "git",
        "huggingface_hub",
        "jinja2",
        "joblib",
        "kombu",
        "mpmath",
        "narwhals",
        "packaging",
        "platformdirs",
        "prompt_toolkit",
        "psutil",
        "pyarrow",
        "pydantic",
        "pygit2",
        "pyparsing",
        "pytorch_metric_learning",
        "requests",
        "rich",
        "tqdm",
        "typer",
        "urllib3",
    ),
)

# A second's worth of the same for runs at toy size: folders of packages, each of them one class.
TOY_PACKAGES = Packages(
    competition=(
        "networkx/generators",
        "networkx/classes",
        "networkx/readwrite",
        "numpy/linalg",
        "numpy/ma",
        "numpy/polynomial",
    ),
    unlabelled=("torch/optim", "torch/nn/utils"),
    plain=("click", "jinja2", "joblib"),
)
