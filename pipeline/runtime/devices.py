"""Which devices and CPU cores there are for jobs."""

import os
import re
from dataclasses import dataclass

from pipeline.errors import UserError

CHANGES_NO_RESULT = True  # an edit here asks for no stage to run again


def count_cores() -> int:
    """Count the CPU cores this process may use: those that the scheduler allows, where the system says so, else all."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


DEVICE = re.compile(r"(cpu|mps|(cuda|xpu)(:\d+)?)")


@dataclass(frozen=True)
class Room:
    """The GPUs, and the room of the CPU, that jobs may run on at a time.

    Attributes:
        gpus: one entry for each job that may run on a GPU, for example `("cuda:0", "cuda:1")`.
        cpu: the jobs that may run on the CPU, or their threads together.
        by_thread: whether `cpu` counts threads.
    """

    gpus: tuple[str, ...]
    cpu: int
    by_thread: bool


def read_room(gpu: bool) -> Room:
    """Read the room on this machine; without `gpu` nobody looks for GPUs, and the room has none.

    Every visible GPU counts `CONCLAVE_FOLDS_PER_GPU` times (1 unless set; more for members too small to fill one), and
    the CPU has its cores. `CONCLAVE_DEVICES`, a comma-separated list with one entry for each job, overrides all of this
    room, but where the list names GPUs alone the CPU keeps its cores. Both are environment variables because they
    belong to the machine: a param would make DVC run finished work again.

    Raises UserError for a value of neither form, and for a GPU that is not there.
    """
    named = os.environ.get("CONCLAVE_DEVICES")
    if named:
        devices = [_check_device(device.strip(), gpu) for device in named.split(",")]
        gpus = tuple(device for device in devices if device != "cpu" and gpu)
        n_cpu = devices.count("cpu")
        return Room(gpus, n_cpu, by_thread=False) if n_cpu else Room(gpus, count_cores(), by_thread=True)
    per_gpu = os.environ.get("CONCLAVE_FOLDS_PER_GPU", "1")
    if not per_gpu.isdecimal() or int(per_gpu) < 1:
        raise UserError(f"CONCLAVE_FOLDS_PER_GPU: got {per_gpu!r}, a whole number from 1 is allowed")
    found = tuple(f"cuda:{index}" for index in range(_count_gpus())) if gpu else ()
    return Room(found * int(per_gpu), count_cores(), by_thread=True)


def usable_devices(gpu: bool) -> list[str]:
    """List the devices on which a job may run, each once: all GPUs if the job gains by a GPU (`gpu`), or else the CPU.

    Raises UserError as `read_room` does.
    """
    return list(dict.fromkeys(read_room(gpu).gpus)) or ["cpu"]


def _check_device(device: str, gpu: bool) -> str:
    if not DEVICE.fullmatch(device):
        raise UserError(f"CONCLAVE_DEVICES: got {device!r}, a list such as cuda:0,cuda:1 or cpu is allowed")
    if device.startswith("cuda") and gpu:
        n_gpus = _count_gpus()
        if int(device.partition(":")[2] or 0) >= n_gpus:
            raise UserError(f"CONCLAVE_DEVICES: got {device!r}, but PyTorch sees {n_gpus} GPUs here")
    return device


def _count_gpus() -> int:
    import torch

    return torch.cuda.device_count()
