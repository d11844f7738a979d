from importlib.metadata import version

import torch

from pipeline.runtime.made_on import made_on


def test_a_fold_made_with_torch_on_a_cpu():
    assert made_on("cpu", with_torch=True) == {
        "device": "cpu",
        "cpu": torch.backends.cpu.get_cpu_capability(),
        "torch": torch.__version__,
    }


def test_a_fold_made_without_torch():
    found = {"device": "cpu", "numpy": version("numpy"), "scikit-learn": version("scikit-learn")}
    assert made_on("cpu", with_torch=False) == found
