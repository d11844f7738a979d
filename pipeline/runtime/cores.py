"""How many CPU cores this process may use."""

import os

CHANGES_NO_RESULT = True  # an edit here asks for no stage to run again


def count_cores() -> int:
    """Those that the system's scheduler allows the process, where it says so; else all."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
