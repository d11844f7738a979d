"""Threads, seeds and precision, through accelerate too, so that two runs of one training give the same bytes."""

import os
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from pipeline.errors import UserError


def set_up_torch(threads: int, seed: int) -> None:
    """Fix the number of threads and seed every generator of torch.

    On a CPU, equal threads and equal seeds give equal bytes on one instruction set; another number of threads sums
    floats in another order. PyTorch's switch for deterministic algorithms is not needed for equal bytes, and it costs
    time: it fills every new tensor.
    """
    torch.set_num_threads(threads)
    torch.manual_seed(seed)


def autocast(device: str, precision: str) -> AbstractContextManager[object]:
    """Return the context in which a forward pass runs: autocast for `bf16` and `fp16`, nothing for `fp32`.

    Raises UserError as `check_precision` does.
    """
    if precision == "fp32":
        return nullcontext()
    check_precision(device, precision)
    dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}[precision]
    return torch.autocast(torch.device(device).type, dtype=dtype)


def prediction_precision(device: str, precision: str) -> str:
    """Return the precision in which a member trained in `precision` predicts on a device.

    The two are the same, but for fp16 without CUDA, where the member predicts in fp32.
    """
    return precision if precision != "fp16" or device.startswith("cuda") else "fp32"


def check_precision(device: str, precision: str) -> None:
    """Raise UserError for fp16 without a GPU: fp16 needs the loss to be scaled, which PyTorch does on GPUs alone."""
    if precision == "fp16" and not device.startswith("cuda"):
        raise UserError(f"precision: got fp16 on the device {device}; fp32 or bf16 is allowed there")


def make_accelerator(device: str, precision: str) -> Any:
    """Make an `accelerate.Accelerator` for one device of this process, such as `cpu` or `cuda:1`.

    accelerate keeps one device and one precision for a whole process. Here a process trains fold after fold, each
    where there is room, so every call starts over. Folds run side by side in processes of their own; no device is
    shared by a training in the sense of accelerate's distributed modes.

    Raises UserError as `check_precision` does.
    """
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState

    check_precision(device, precision)
    AcceleratorState._reset_state(reset_partial_state=True)  # type: ignore[no-untyped-call]
    os.environ["ACCELERATE_TORCH_DEVICE"] = device
    return Accelerator(mixed_precision="no" if precision == "fp32" else precision, cpu=device == "cpu")


def prepare_optimizer(accelerator: Any, optimizer: Any) -> Any:
    """Wrap the optimiser for the loss scaling of fp16; at another precision, return the optimiser as it is.

    accelerate's wrapper looks for a package on the disk in every update, and inspects a signature: 5 to 10 % of the
    time of a BERT of 2 layers of 128.
    """
    if accelerator.scaler is None:
        return optimizer
    return accelerator.prepare_optimizer(optimizer, device_placement=False)
