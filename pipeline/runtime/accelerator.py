"""Mixed precision on one device, through accelerate."""

import os
from typing import Any

from pipeline.errors import UserError


def make_accelerator(device: str, precision: str) -> Any:
    """An `accelerate.Accelerator` for one device of this process, such as `cpu` or `cuda:1`.

    accelerate keeps one device and one precision for a whole process. Here a process trains fold after fold, each
    where there is room, so every call starts over. Folds run side by side in processes of their own; no device is
    shared by a training in the sense of accelerate's distributed modes.

    Raises UserError for fp16 without a GPU: it needs the loss to be scaled, which PyTorch does on GPUs alone.
    """
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState

    if precision == "fp16" and not device.startswith("cuda"):
        raise UserError(f"runtime.precision: got fp16 on the device {device}; fp32 or bf16 is allowed there")
    AcceleratorState._reset_state(reset_partial_state=True)  # type: ignore[no-untyped-call]
    os.environ["ACCELERATE_TORCH_DEVICE"] = device
    return Accelerator(mixed_precision="no" if precision == "fp32" else precision, cpu=device == "cpu")
