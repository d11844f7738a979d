"""Low-rank updates in place of an encoder's own weights."""

from typing import Any

from torch import nn

from pipeline.errors import UserError


def add_lora(encoder: Any, *, rank: int, alpha: float, dropout: float) -> None:
    """Freeze the encoder and give each of its linear layers a trainable update of `rank`, in place.

    Hu et al. 2021, arXiv:2106.09685: W becomes W + alpha / rank · B A, with B zero at first, so that what the encoder
    computes is the same. All linear layers take part (Dettmers et al. 2023, arXiv:2305.14314), whatever a family calls
    them; `dropout` is that of the update's input. Parameters keep their names but for a `base_layer` in them.

    Raises UserError where the encoder has no linear layers, as word vectors have none.
    """
    if not any(isinstance(module, nn.Linear) for module in encoder.modules()):
        raise UserError("lora: this encoder has no linear layers; set lora to null")
    from peft import LoraConfig, inject_adapter_in_model

    config = LoraConfig(r=rank, lora_alpha=alpha, lora_dropout=dropout, target_modules="all-linear")  # type: ignore[arg-type]
    inject_adapter_in_model(config, encoder)


def merge_lora(model: nn.Module) -> None:
    """Merge the updates into the weights below them and leave plain linear layers, in place; without any, do nothing.

    The encoder's output stays the same but for rounding, and takes less time.
    """
    if not any("lora_" in name for name, _ in model.named_parameters()):
        return
    from peft.tuners.tuners_utils import BaseTunerLayer

    for name, module in list(model.named_modules()):
        if isinstance(module, BaseTunerLayer):
            module.merge()  # type: ignore[operator]
            parent, _, child = name.rpartition(".")
            setattr(model.get_submodule(parent), child, module.get_base_layer())
