"""What a fold was made on, by which its last bits may differ from those of another machine."""

from importlib.metadata import version


def made_on(device: str, with_torch: bool) -> dict[str, str]:
    """The device's class and the versions of what computes.

    With torch these are its version, the CPU's instruction set and the GPU's name, where there is one; without, the
    versions of NumPy and scikit-learn.
    """
    found = {"device": device.partition(":")[0]}
    if not with_torch:
        return found | {name: version(name) for name in ("numpy", "scikit-learn")}
    import torch

    if device.startswith("cuda"):
        found["gpu"] = torch.cuda.get_device_name(device)
    return found | {"cpu": torch.backends.cpu.get_cpu_capability(), "torch": str(torch.__version__)}
