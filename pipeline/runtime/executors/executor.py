"""What runs jobs, what a job needs, and having all of them run."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, Self, TypeVar

from pipeline.errors import UserError

CHANGES_NO_RESULT = True  # an edit here asks for no stage to run again

T = TypeVar("T")


@dataclass(frozen=True)
class Resources:
    """The resources that a job needs.

    Attributes:
        threads: the CPU threads that the job computes with.
        gpu: whether the job gains by a GPU.
    """

    threads: int
    gpu: bool


class Executor(Protocol):
    """A runner of jobs where there is room for them, and a context manager whose end waits for running jobs."""

    def submit(self, job: Callable[..., T], arguments: Sequence[Any], resources: Resources) -> Future[T]:
        """Have `job(*arguments, device)` called on a device that the executor chooses, as soon as there is room.

        Jobs begin in the order in which they come, but one that waits for more room than there is may be overtaken.
        The future's exception is that of the job, or ProcessKilledError.
        """

    def __enter__(self) -> Self: ...

    def __exit__(self, *ended: object) -> None: ...


class ProcessKilledError(Exception):
    """The error of a job whose process was killed; the message says on which device, but not which job."""


@dataclass(frozen=True)
class Job:
    """A call to make: `run(*arguments, device)`; `name` is for people."""

    run: Callable[..., object]
    arguments: tuple[Any, ...]
    resources: Resources
    name: str


def run_all(executor: Executor, jobs: Sequence[Job]) -> None:
    """Run the jobs on the executor and wait for their end.

    The first exception ends the hand-out and is raised when the jobs that run by then have ended; what finished jobs
    wrote stays. Raises UserError with the job's name where its process was killed.
    """
    futures: list[Future[object]] = []
    failures: list[tuple[str, BaseException]] = []

    def stop_at_failure(name: str, future: Future[object]) -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            failures.append((name, error))
            for other in futures:
                other.cancel()

    for job in jobs:
        if failures:
            break
        future = executor.submit(job.run, job.arguments, job.resources)
        futures.append(future)
        future.add_done_callback(partial(stop_at_failure, job.name))
    if failures:  # one may have come between the look and the hand-out
        for future in futures:
            future.cancel()
    for future in futures:
        with suppress(Exception):  # the first of them is raised below
            future.result()
    for name, error in failures:
        if isinstance(error, ProcessKilledError):
            raise UserError(f"{name}: {error}") from None
        raise error
