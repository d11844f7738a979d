"""Slots of small machines, worked out by hand."""

import pytest

from pipeline.runtime.devices import Room
from pipeline.runtime.executors.executor import Resources
from pipeline.runtime.executors.slots import Slot, free_slot, next_job, run_side_by_side

BERT, SVM, MLP, WIDE = Resources(2, gpu=True), Resources(1, gpu=False), Resources(3, gpu=False), Resources(9, gpu=False)
CORES = Room((), 4, by_thread=True)
GPUS = Room(("cuda:0", "cuda:1", "cuda:0", "cuda:1"), 4, by_thread=True)
NAMED = Room(("cuda:0",), 1, by_thread=False)
TWO = Room((), 2, by_thread=False)


@pytest.mark.parametrize(
    ("room", "taken", "needs", "slot"),
    [
        (CORES, [], BERT, ("cpu", 2)),
        (CORES, [("cpu", 2)], BERT, ("cpu", 2)),
        (CORES, [("cpu", 2), ("cpu", 1)], BERT, None),
        (CORES, [("cpu", 2), ("cpu", 1)], SVM, ("cpu", 1)),
        (CORES, [], WIDE, ("cpu", 4)),
        (CORES, [("cpu", 1)], WIDE, None),
        (CORES, [("cpu", 4)], SVM, None),
        (GPUS, [], BERT, ("cuda:0", 0)),
        (GPUS, [("cuda:0", 0)], BERT, ("cuda:1", 0)),
        (GPUS, [("cuda:1", 0)], BERT, ("cuda:0", 0)),
        (GPUS, [("cuda:0", 0), ("cuda:0", 0), ("cuda:1", 0)], BERT, ("cuda:1", 0)),
        (GPUS, [("cuda:0", 0), ("cuda:0", 0), ("cuda:1", 0), ("cuda:1", 0)], BERT, None),
        (GPUS, [("cuda:0", 0), ("cuda:0", 0), ("cuda:1", 0), ("cuda:1", 0)], MLP, ("cpu", 3)),
        (GPUS, [("cpu", 4)], BERT, ("cuda:0", 0)),
        (NAMED, [("cuda:0", 0)], BERT, None),
        (NAMED, [("cuda:0", 0)], WIDE, ("cpu", 1)),
        (NAMED, [("cpu", 1)], SVM, None),
        (TWO, [("cpu", 1)], WIDE, ("cpu", 1)),
        (TWO, [("cpu", 1), ("cpu", 1)], SVM, None),
    ],
)
def test_a_free_slot(room, taken, needs, slot):
    assert free_slot(room, [Slot(*one) for one in taken], needs) == (slot and Slot(*slot))


def test_jobs_go_out_in_order_but_past_those_that_wait_for_another_device():
    taken, waiting, begun = [], [BERT, BERT, BERT, BERT, BERT, MLP, SVM, SVM], []
    while found := next_job(GPUS, taken, waiting):
        index, slot = found
        begun.append((waiting.pop(index), slot.device))
        taken.append(slot)
    devices = ["cuda:0", "cuda:1", "cuda:0", "cuda:1"]
    assert begun == [*((BERT, device) for device in devices), (MLP, "cpu"), (SVM, "cpu")]
    assert waiting == [BERT, SVM]


@pytest.mark.parametrize(
    ("room", "jobs", "expected"),
    [
        (CORES, [], False),
        (CORES, [SVM], False),
        (CORES, [SVM, SVM], True),
        (CORES, [MLP, BERT, MLP], False),
        (CORES, [MLP, BERT, SVM], True),
        (CORES, [WIDE, SVM], False),
        (NAMED, [BERT, BERT], False),
        (NAMED, [SVM, SVM], False),
        (NAMED, [BERT, SVM], True),
        (TWO, [WIDE, WIDE], True),
    ],
)
def test_whether_two_jobs_may_run_at_a_time(room, jobs, expected):
    assert run_side_by_side(room, jobs) is expected
