import platform
import subprocess
import sys

import pytest

STEPS = """
import resource, sys
import torch
from pipeline.runtime.memory import keep_freed_memory

n, keep = int(sys.argv[1]), sys.argv[2] == "keep"
if keep:
    keep_freed_memory()
for step in range(60):
    if step == 20:
        start = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    tensors = [torch.ones(n + step % 3, 1024, 1024) for _ in range(3)]
    del tensors
end = resource.getrusage(resource.RUSAGE_SELF)
print(end.ru_minflt - start, end.ru_maxrss)
"""
glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="memory is glibc's")


def run(megabytes, word):
    """Page faults, and peak memory in KB, of a process that makes and frees three tensors again and again."""
    command = [sys.executable, "-c", STEPS, str(megabytes // 4), word]
    return map(int, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


@glibc
def test_blocks_of_a_few_megabytes_need_no_new_pages():
    (kept, _), (as_it_comes, _) = run(20, "keep"), run(20, "as it comes")
    assert kept < as_it_comes / 4


@glibc
def test_large_blocks_of_different_sizes_do_not_pile_up():
    (_, kept), (_, as_it_comes) = run(100, "keep"), run(100, "as it comes")
    assert kept < 1.2 * as_it_comes
