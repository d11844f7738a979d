"""Mixed precision on one device, through accelerate."""

import os
from typing import Any

from pipeline.runtime.torch_setup import check_precision


def make_accelerator(device: str, precision: str) -> Any:
    """An `accelerate.Accelerator` for one device of this process, such as `cpu` or `cuda:1`.

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
    """The optimiser, wrapped for the loss scaling of fp16 where there is that, else as it is.

    accelerate's wrapper looks for a package on the disk in every update, and inspects a signature: 5 to 10 % of the
    time of a BERT of 2 layers of 128.
    """
    if accelerator.scaler is None:
        return optimizer
    return accelerator.prepare_optimizer(optimizer, device_placement=False)
