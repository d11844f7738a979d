"""Learning curves, read from what the training stages wrote."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from pipeline.reporting.contents import Curve


def read_curve(file: Path) -> Curve:
    """Read the curve of one training run."""
    table = pd.read_csv(file)

    def measured(name: str) -> list[float] | None:
        return table[name].tolist() if name in table else None

    return Curve(table["step"].tolist(), table["loss"].tolist(), measured("macro_f1"), measured("held_out_loss"))


def finetuning_curves(history: Path, members: list[str]) -> dict[str, dict[str, Curve]]:
    """Read the curves of members that have folds of their own: member → fold → curve."""
    return {
        member: {
            file.stem: read_curve(file)
            for file in sorted((history / "finetune" / member).glob("fold-*.csv"), key=lambda f: int(f.stem[5:]))
        }
        for member in members
    }


def masked_lm_curves(
    history: Path, pretrained: Mapping[str, int | None], post_trained: Mapping[str, int | None]
) -> dict[str, Curve]:
    """Read the curves of the encoders that were trained: 'pretrain <name>' and 'post-train <name>' → curve.

    The mappings give an encoder's planned steps where training may stop early, and else None.
    """
    runs = [("pretrain", "pretrain", name, steps) for name, steps in pretrained.items()]
    runs += [("post-train", "post_train", name, steps) for name, steps in post_trained.items()]
    return {
        f"{title} {name}": replace(read_curve(file), planned_steps=steps)
        for title, folder, name, steps in runs
        if (file := history / folder / f"{name}.csv").exists()
    }
