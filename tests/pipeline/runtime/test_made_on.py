"""What a fold says of where it was made, without importing torch for it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import sklearn
import torch

ROOT = Path(__file__).parents[3]
CODE = """
import json, sys
from pipeline.runtime.made_on import made_on
print(json.dumps([made_on("cpu"), "torch" in sys.modules]))
"""


def test_a_fold_made_on_a_cpu():
    done = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True, check=True)
    place, has_torch = json.loads(done.stdout)
    versions = {"numpy": np.__version__, "scikit-learn": sklearn.__version__}
    assert place == {"device": "cpu", "cpu": place["cpu"], "torch": place["torch"], **versions}
    assert torch.__version__.startswith(place["torch"])  # some builds say more of themselves when they are imported
    assert place["cpu"]
    assert not has_torch
