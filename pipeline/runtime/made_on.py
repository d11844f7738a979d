"""The machine that a fold was made on, by which its last bits may differ from another machine's."""

from importlib.metadata import version

import numpy as np

PACKAGES = ("torch", "numpy", "scikit-learn")


def made_on(device: str) -> dict[str, str]:
    """Describe what a device computes with: device class, GPU name, CPU instruction sets and versions of libraries.

    Torch is asked for the name of a GPU alone: members without torch need not import it. Torch's version is listed for
    all members, whether they compute with torch or not.
    """
    found = {"device": device.partition(":")[0]}
    if found["device"] == "cuda":
        import torch

        found["gpu"] = torch.cuda.get_device_name(device)
    instructions = np.show_config(mode="dicts")["SIMD Extensions"]  # type: ignore[index]
    found["cpu"] = " ".join([*instructions.get("baseline", []), *instructions.get("found", [])])
    return found | {name: version(name) for name in PACKAGES}
