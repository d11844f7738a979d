"""Progress with an ETA: a bar on a terminal, a plain line now and then in a log."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tqdm import tqdm

CHANGES_NO_RESULT = True  # an edit here asks for no stage to run again

SECONDS_BETWEEN_LINES = 15.0


class Progress:
    """A display of how many of `total` units of work are done, as a context manager.

    `update` takes the finished units and a short note. On a terminal the display is a tqdm bar. Elsewhere (DVC, CI, a
    file) a line is printed at most every 15 seconds, so that a log stays readable.
    """

    def __init__(self, total: int, what: str, unit: str = "step", clock: Callable[[], float] = time.monotonic):
        self.total, self.what, self.unit, self.clock = total, what, unit, clock
        self.done = 0
        self.start = self.last = clock()
        self.bar = tqdm(total=total, desc=what, unit=unit, dynamic_ncols=True) if sys.stderr.isatty() else None

    def update(self, n: int = 1, note: str = "") -> None:
        """Add `n` finished units and show `note` (a loss, say) beside the count."""
        self.done += n
        if self.bar is not None:
            self.bar.set_postfix_str(note, refresh=False)
            self.bar.update(n)
        elif self.clock() - self.last >= SECONDS_BETWEEN_LINES:
            self.last = self.clock()
            print(self.line(note), flush=True)

    def line(self, note: str = "") -> str:
        """Return the progress in one line: what, how much is done, the speed, and the time that is left."""
        elapsed = max(self.clock() - self.start, 1e-9)
        count = f"{self.what}: {self.done}/{self.total} {self.unit}s"
        if not self.done:
            return ", ".join([count, "time left unknown", *([note] if note else [])])
        seconds = elapsed / self.done
        speed = f"{1 / seconds:.1f}/s" if seconds <= 1 else f"{seconds:.1f} s a {self.unit}"
        left = f"{max(self.total - self.done, 0) * seconds:.0f} s left"
        return ", ".join([count, speed, left, *([note] if note else [])])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.close()
