"""Put the rows that members learn from beside the competition's own in one file a member: `python -m stages.gather`.

A member's file keeps its bytes when another member's copies change: only the one whose rows changed trains again.
"""

from typing import TYPE_CHECKING

from pipeline.runtime.cli import run_stage, say

if TYPE_CHECKING:
    from pipeline.plan.entries import Entry


def main() -> None:
    """Write data/additional/<member>.parquet for every member: row_id, text."""
    from pipeline.plan.current import run_entry

    run_entry(run, "gather")


def run(entry: "Entry") -> None:
    """Write every member's additional rows; a member without any has an empty table."""
    from pipeline.artifacts.atomic import atomic_folder
    from pipeline.artifacts.paths import ADDITIONAL
    from pipeline.artifacts.tables import gather_copies, write_table

    counts = {}
    with atomic_folder(ADDITIONAL) as folder:
        for member, settings in entry.settings["members"].items():
            copies = gather_copies(settings["augment"])
            write_table(folder / f"{member}.parquet", copies)
            counts[member] = len(copies)
    shown = ", ".join(f"{member} {count}" for member, count in counts.items() if count)
    say(f"additional rows: {shown or 'none'}: {ADDITIONAL}/")


if __name__ == "__main__":
    run_stage(main)
