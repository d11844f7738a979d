"""Put the rows that members learn from beside the competition's own in one file a member."""

from typing import TYPE_CHECKING

from pipeline.artifacts.atomic import atomic_folder
from pipeline.artifacts.paths import ADDITIONAL
from pipeline.artifacts.tables import gather_copies, write_table
from pipeline.runtime.messages import say

if TYPE_CHECKING:
    from pipeline.plan.entries import Entry


def run(entry: "Entry") -> None:
    """Write every member's additional rows; a member without any has an empty table."""
    counts = {}
    with atomic_folder(ADDITIONAL) as folder:
        for member, settings in entry.settings["members"].items():
            copies = gather_copies(settings["augment"])
            write_table(folder / f"{member}.parquet", copies)
            counts[member] = len(copies)
    shown = ", ".join(f"{member} {count}" for member, count in counts.items() if count)
    say(f"additional rows: {shown or 'none'}: {ADDITIONAL}/")
