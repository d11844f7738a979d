"""Running jobs on this machine: in this process, or in processes beside it."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Self, TypeVar

from pipeline.runtime.devices import Room, read_room
from pipeline.runtime.executors.executor import Executor, ProcessKilledError, Resources
from pipeline.runtime.executors.slots import Slot, free_slot, next_job, run_side_by_side

CHANGES_NO_RESULT = True  # an edit here asks for no stage to run again

T = TypeVar("T")


def local_executor(jobs: Sequence[Resources]) -> Executor:
    """Return an executor for jobs of these needs on the devices of this machine.

    Where no two of the jobs can run at a time, all run in this process, one after the other.

    Raises UserError as `read_room` does.
    """
    room = read_room(gpu=any(job.gpu for job in jobs))
    return WorkerProcesses(room) if run_side_by_side(room, jobs) else ThisProcess(room)


class ThisProcess:
    """An executor that runs each job in this process, when the job is submitted."""

    def __init__(self, room: Room):
        self.room = room

    def submit(self, job: Callable[..., T], arguments: Sequence[Any], resources: Resources) -> Future[T]:
        """Call `job(*arguments, device)` at once, in this process."""
        slot = free_slot(self.room, [], resources)
        assert slot is not None, "a job alone always has room"
        future: Future[T] = Future()
        try:
            future.set_result(job(*arguments, slot.device))
        except Exception as error:
            future.set_exception(error)
        return future

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        pass


@dataclass(frozen=True, eq=False)
class _Task:
    job: Callable[..., Any]
    arguments: Sequence[Any]
    resources: Resources
    future: "Future[Any]"


class WorkerProcesses:
    """An executor that runs jobs side by side, each running job in a process of its own.

    The processes are spawned (CUDA does not survive a fork), import torch once and take one job of their device after
    another.
    """

    def __init__(self, room: Room):
        self.room = room
        self.lock = threading.RLock()  # jobs end in threads of their own
        self.waiting: list[_Task] = []
        self.running: dict[_Task, Slot] = {}
        self.workers: list[ProcessPoolExecutor] = []
        self.idle: list[tuple[str, ProcessPoolExecutor]] = []  # with the device that each has worked on

    def submit(self, job: Callable[..., T], arguments: Sequence[Any], resources: Resources) -> Future[T]:
        """Have `job(*arguments, device)` called in a process of its own, as soon as there is room."""
        task = _Task(job, arguments, resources, Future())
        with self.lock:
            self.waiting.append(task)
            self._hand_out()
        return task.future

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        with self.lock:
            for task in self.waiting:
                task.future.cancel()
            self.waiting.clear()
        for worker in self.workers:
            worker.shutdown()

    def _hand_out(self) -> None:
        """Start every waiting job that has room."""
        self.waiting = [task for task in self.waiting if not task.future.cancelled()]
        while found := next_job(self.room, [*self.running.values()], [task.resources for task in self.waiting]):
            index, slot = found
            task = self.waiting.pop(index)
            if task.future.set_running_or_notify_cancel():
                self._start(task, slot)

    def _start(self, task: _Task, slot: Slot) -> None:
        self.running[task] = slot
        worker: ProcessPoolExecutor | None = None
        try:
            worker, future = self._submit(task, slot.device)
        except Exception as error:  # no process can be started
            future = Future()
            future.set_exception(error)
        future.add_done_callback(partial(self._finish, task, worker))

    def _submit(self, task: _Task, device: str) -> tuple[ProcessPoolExecutor, "Future[Any]"]:
        """Give a job to a process that has worked on the device and is free, or else to a new one."""
        free = [entry for entry in self.idle if entry[0] == device]
        for entry in free:
            self.idle.remove(entry)
            try:
                with _undisturbed():
                    return entry[1], entry[1].submit(task.job, *task.arguments, device)
            except BrokenProcessPool:
                continue  # it was killed while it had nothing to do
        # One pool a process: of several in one pool nobody could tell which one was killed.
        spawn = multiprocessing.get_context("spawn")
        worker = ProcessPoolExecutor(1, mp_context=spawn, initializer=_end_with_parent)
        self.workers.append(worker)
        with _undisturbed():
            return worker, worker.submit(task.job, *task.arguments, device)

    def _finish(self, task: _Task, worker: ProcessPoolExecutor | None, ended: "Future[Any]") -> None:
        """Pass on a job's result, then give its room to other jobs, which whoever waits may cancel first."""
        with self.lock:
            n_running, slot, error = len(self.running), self.running.pop(task), ended.exception()
            if worker is not None and not isinstance(error, BrokenProcessPool):
                self.idle.append((slot.device, worker))
            if error is None:
                task.future.set_result(ended.result())
            elif isinstance(error, BrokenProcessPool):
                task.future.set_exception(ProcessKilledError(_killed(slot.device, n_running)))
            else:
                task.future.set_exception(error)
            self._hand_out()


def _killed(device: str, n_running: int) -> str:
    fewer = f"; {n_running} ran at a time, as many as CONCLAVE_DEVICES may name, or fewer" if n_running > 1 else ""
    return (
        f"its process on {device} was killed, probably for want of memory{fewer}. What is finished is kept, "
        "and the same command goes on from there"
    )


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep Ctrl-C from processes that are started in the block: it is for their parent, with which the processes end.

    multiprocessing's resource tracker, started beside the processes, is kept from warning of what a killed one left.
    """
    quiet = "ignore:resource_tracker:UserWarning"
    if quiet not in os.environ.get("PYTHONWARNINGS", ""):
        os.environ["PYTHONWARNINGS"] = ",".join(filter(None, [os.environ.get("PYTHONWARNINGS"), quiet]))
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _end_with_parent() -> None:
    """End this worker when the process that started it is gone: a killed stage must not go on training unseen."""
    parent = multiprocessing.parent_process()

    def wait_for_its_end() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait_for_its_end, daemon=True).start()
