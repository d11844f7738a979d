import platform
import subprocess
import sys

import pytest

STEPS = """
import resource, sys
import torch
from pipeline.runtime.memory import keep_freed_memory

if sys.argv[1] == "keep":
    keep_freed_memory()
for step in range(60):
    if step == 20:
        start = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(17, 1024, 1024)  # 68 MB
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - start)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="memory is glibc's")
def test_the_same_tensors_again_need_no_new_pages():
    faults = {
        word: int(
            subprocess.run([sys.executable, "-c", STEPS, word], check=True, capture_output=True, text=True).stdout
        )
        for word in ("keep", "as it comes")
    }
    assert faults["keep"] < faults["as it comes"] / 4
