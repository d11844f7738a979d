"""Waiting for what another process does."""

import time
from pathlib import Path


def wait_for(path: Path) -> None:
    """Wait until a path is there, a minute at most."""
    for _ in range(1200):
        if path.exists():
            return
        time.sleep(0.05)
    raise TimeoutError(f"{path} did not come")
