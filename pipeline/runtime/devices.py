"""Which devices the folds run on, and running them side by side."""

import multiprocessing
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from typing import Any

from pipeline.errors import UserError
from pipeline.runtime.cores import count_cores

CHANGES_NO_RESULT = True  # an edit here asks for no stage to run again

DEVICE = re.compile(r"(cpu|mps|(cuda|xpu)(:\d+)?)")


def available_devices(threads: int) -> list[str]:
    """One entry for each fold that may run at a time, for example `['cuda:0', 'cuda:1']` or `['cpu', 'cpu']`.

    Every visible GPU counts `CONCLAVE_FOLDS_PER_GPU` times (1 unless set; more for members too small to fill one).
    Without a GPU there is room for as many folds as `threads`, the CPU threads of one, go into the cores.
    `CONCLAVE_DEVICES`, a comma-separated list, overrides all of it. These are environment variables because they
    belong to the machine: a param would make DVC run finished work again.

    Raises UserError for a value that is neither, and for a GPU that is not there.
    """
    named = os.environ.get("CONCLAVE_DEVICES")
    if named:
        return [_check_device(device.strip()) for device in named.split(",")]
    per_gpu = os.environ.get("CONCLAVE_FOLDS_PER_GPU", "1")
    if not per_gpu.isdecimal() or int(per_gpu) < 1:
        raise UserError(f"CONCLAVE_FOLDS_PER_GPU: got {per_gpu!r}, a whole number from 1 is allowed")
    gpus = [f"cuda:{index}" for index in range(_count_gpus())]
    return [gpu for _ in range(int(per_gpu)) for gpu in gpus] or ["cpu"] * max(1, count_cores() // threads)


def _check_device(device: str) -> str:
    if not DEVICE.fullmatch(device):
        raise UserError(f"CONCLAVE_DEVICES: got {device!r}, a list such as cuda:0,cuda:1 or cpu is allowed")
    if device.startswith("cuda"):
        n_gpus = _count_gpus()
        if int(device.partition(":")[2] or 0) >= n_gpus:
            raise UserError(f"CONCLAVE_DEVICES: got {device!r}, but PyTorch sees {n_gpus} GPUs here")
    return device


def _count_gpus() -> int:
    import torch

    return torch.cuda.device_count()


def run_on_devices(
    job: Callable[..., None], arguments: Sequence[tuple[Any, ...]], devices: Sequence[str], names: Sequence[str]
) -> None:
    """Call `job(*arguments[i], device)` for every i, as many at a time as there are devices.

    With one device the jobs run in this process, one after the other. With more, each device has a process of its own
    (spawned: CUDA does not survive a fork) that imports torch once and takes one job after another. The first
    exception stops the hand-out of further jobs and is raised; finished jobs keep what they wrote.

    Raises UserError where a process was killed, with the name of its job, `names[i]`.
    """
    if len(devices) == 1 or len(arguments) <= 1:
        for args in arguments:
            job(*args, devices[0])
        return
    n_workers = min(len(devices), len(arguments))
    free, waiting = list(range(n_workers)), list(range(len(arguments)))
    running: dict[Future[None], tuple[int, int]] = {}  # the worker and the job of each
    with ExitStack() as stack:
        # One pool a device: of several processes in one pool nobody could tell which one was killed.
        with _undisturbed():
            workers = [stack.enter_context(_worker()) for _ in range(n_workers)]
        while waiting or running:
            while waiting and free:
                worker, index = free.pop(0), waiting.pop(0)
                with _undisturbed():
                    future = workers[worker].submit(job, *arguments[index], devices[worker])
                running[future] = worker, index
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in [future for future in running if future in finished]:  # in the order of the jobs
                worker, index = running.pop(future)
                free.append(worker)
                try:
                    future.result()
                except BrokenProcessPool:
                    raise UserError(_killed(names[index], devices[worker], n_workers)) from None


def _killed(name: str, device: str, n_workers: int) -> str:
    fewer = f"; {n_workers} ran at a time, CONCLAVE_DEVICES={device} runs one" if n_workers > 1 else ""
    return (
        f"{name}: its process on {device} was killed, probably for want of memory{fewer}. What is finished is kept, "
        "and the same command goes on from there"
    )


def _worker() -> ProcessPoolExecutor:
    """One process that is started with its first job."""
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(1, mp_context=spawn, initializer=_end_with_parent)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Have processes that are started here never see Ctrl-C: it is for the one that started them, with which they end.

    The helper that multiprocessing starts beside them says nothing of what a killed process left to it.
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
