import platform
import subprocess
import sys

import pytest

# The C library's own calls, as torch makes them, without Python's objects in between.
STEPS = """
import ctypes, resource, sys
from pipeline.runtime.memory import keep_freed_memory

size = int(sys.argv[1]) * 2**20
if sys.argv[2] == "keep":
    keep_freed_memory()
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
library.malloc.argtypes = [ctypes.c_size_t]
library.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
library.free.argtypes = [ctypes.c_void_p]
for step in range(12):
    if step == 4:
        start = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    blocks = []
    for i in range(4):
        n = size + (step + i) % 3 * 2**20
        blocks.append(library.malloc(n))
        library.memset(blocks[-1], 1, n)
    for block in reversed(blocks):
        library.free(block)
end = resource.getrusage(resource.RUSAGE_SELF)
print(end.ru_minflt - start, end.ru_maxrss)
"""
glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="memory is glibc's")


def run(megabytes, word):
    """Page faults, and peak memory in KB, of a process that takes and frees four blocks again and again."""
    command = [sys.executable, "-c", STEPS, str(megabytes), word]
    return map(int, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


@glibc
def test_blocks_of_a_few_megabytes_need_no_new_pages():
    (kept, _), (as_it_comes, _) = run(24, "keep"), run(24, "as it comes")
    assert kept < as_it_comes / 4


@glibc
def test_large_blocks_of_different_sizes_do_not_pile_up():
    (_, kept), (_, as_it_comes) = run(100, "keep"), run(100, "as it comes")
    assert kept < 1.2 * as_it_comes
