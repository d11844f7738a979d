"""Room for jobs: which slot a job may take, from the whole room, the taken slots and the jobs' needs."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

from pipeline.runtime.devices import Room
from pipeline.runtime.executors.executor import Resources

CHANGES_NO_RESULT = True  # an edit here asks for no stage to run again


class Slot(NamedTuple):
    """The part of the room that a running job takes: a device, and an amount of the CPU's room."""

    device: str
    cpu: int


def free_slot(room: Room, taken: Iterable[Slot], needs: Resources) -> Slot | None:
    """Find a slot for a job with these needs beside jobs in the slots `taken`; None where the job has to wait.

    A job that gains by a GPU takes the first free GPU where the room has GPUs, and else the CPU. A job that is alone
    always has room on the CPU.
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
    """Find the first waiting job that has room: → its index and its slot; None where all jobs have to wait."""
    for index, needs in enumerate(waiting):
        slot = free_slot(room, taken, needs)
        if slot is not None:
            return index, slot
    return None


def run_side_by_side(room: Room, jobs: Sequence[Resources]) -> bool:
    """Say whether any two of the jobs may run at a time."""
    return any(
        (slot := free_slot(room, [], one)) is not None and free_slot(room, [slot], other) is not None
        for one, other in combinations(jobs, 2)
    )
