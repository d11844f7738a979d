"""How the C library treats memory that is freed."""

import ctypes
import sys

CHANGES_NO_RESULT = True  # an edit here asks for no stage to run again

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # numbers of glibc's mallopt
LARGEST_KEPT = 32 * 2**20  # glibc takes no more
NEVER = -1


def keep_freed_memory() -> None:
    """Let this process keep freed blocks of up to 32 MB for its next tensors; without glibc, do nothing.

    glibc gives blocks back to the kernel and has to ask for the same ones again in the next training step, each page of
    which is cleared and mapped anew: of fine-tuning a BERT of 4 x 256 on texts of 24 tokens 6 to 9 % of the time, above
    all for the gradient of its word embeddings. Larger blocks go back as before. Kept as well, larger blocks left holes
    that the next ones did not fit: masked-language modelling with 100,000 words took 6.4 GB for 1.7.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(MMAP_THRESHOLD, LARGEST_KEPT)
        mallopt(TRIM_THRESHOLD, NEVER)
