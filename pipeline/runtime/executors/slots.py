"""Where there is room for a job: functions of the room, of what is taken, and of what jobs need."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

from pipeline.runtime.devices import Room
from pipeline.runtime.executors.executor import Resources

CHANGES_NO_RESULT = True  # an edit here asks for no stage to run again


class Slot(NamedTuple):
    """What a running job takes: a device, and so much of the CPU's room."""

    device: str
    cpu: int


def free_slot(room: Room, taken: Iterable[Slot], needs: Resources) -> Slot | None:
    """Where a job with these needs may run beside those that hold the slots `taken`; None where it has to wait.

    A job that gains by a GPU takes the first that is free where there are any, and else the CPU, where a job that is
    alone always has room.
    """
    if needs.gpu and room.gpus:
        free = list(room.gpus)
        for slot in taken:
            if slot.device in free:
                free.remove(slot.device)
        return Slot(free[0], 0) if free else None
    wanted = min(needs.threads, room.cpu) if room.by_thread else 1
    return Slot("cpu", wanted) if wanted + sum(slot.cpu for slot in taken) <= room.cpu else None


def next_job(room: Room, taken: Sequence[Slot], waiting: Sequence[Resources]) -> tuple[int, Slot] | None:
    """The first waiting job that has room, and where; None where all have to wait."""
    for index, needs in enumerate(waiting):
        slot = free_slot(room, taken, needs)
        if slot is not None:
            return index, slot
    return None


def run_side_by_side(room: Room, jobs: Sequence[Resources]) -> bool:
    """Whether any two of the jobs may run at a time."""
    return any(
        (slot := free_slot(room, [], one)) is not None and free_slot(room, [slot], other) is not None
        for one, other in combinations(jobs, 2)
    )
