"""Threads, seeds and precision: what makes two runs of one training give the same bytes."""

from contextlib import AbstractContextManager, nullcontext

import torch

from pipeline.errors import UserError


def set_up_torch(threads: int, seed: int) -> None:
    """Fix the number of threads and seed every generator of torch.

    On a CPU, equal threads and equal seeds give equal bytes on one instruction set; another number of threads sums
    floats in another order. PyTorch's switch for deterministic algorithms is not needed for that, and it costs time:
    it fills every new tensor.
    """
    torch.set_num_threads(threads)
    torch.manual_seed(seed)


def autocast(device: str, precision: str) -> AbstractContextManager[object]:
    """The context in which a forward pass runs: autocast for `bf16` and `fp16`, nothing for `fp32`.

    Raises UserError as `check_precision` does.
    """
    if precision == "fp32":
        return nullcontext()
    check_precision(device, precision)
    dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}[precision]
    return torch.autocast(torch.device(device).type, dtype=dtype)


def prediction_precision(device: str, precision: str) -> str:
    """The precision in which a member trained in `precision` predicts: the same, but fp32 for fp16 without CUDA."""
    return precision if precision != "fp16" or device.startswith("cuda") else "fp32"


def check_precision(device: str, precision: str) -> None:
    """Raise UserError for fp16 without a GPU: it needs the loss to be scaled, which PyTorch does on GPUs alone."""
    if precision == "fp16" and not device.startswith("cuda"):
        raise UserError(f"runtime.precision: got fp16 on the device {device}; fp32 or bf16 is allowed there")
