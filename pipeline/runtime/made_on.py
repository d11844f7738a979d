"""What a fold was made on, by which its last bits may differ from those of another machine."""

from importlib.metadata import version

import numpy as np

PACKAGES = ("torch", "numpy", "scikit-learn")


def made_on(device: str) -> dict[str, str]:
    """The device's class, the GPU's name where it is one, the CPU's instruction sets and the versions of what computes.

    Torch is asked for the name of a GPU alone: members without it need not import it. Its version is there for all
    members, whether they compute with it or not.
    """
    found = {"device": device.partition(":")[0]}
    if found["device"] == "cuda":
        import torch

        found["gpu"] = torch.cuda.get_device_name(device)
    instructions = np.show_config(mode="dicts")["SIMD Extensions"]  # type: ignore[index]
    found["cpu"] = " ".join([*instructions.get("baseline", []), *instructions.get("found", [])])
    return found | {name: version(name) for name in PACKAGES}
