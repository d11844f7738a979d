"""Learning curves, read from what the training stages wrote."""

from pathlib import Path

import pandas as pd

from pipeline.reporting.contents import Curve


def read_curve(file: Path) -> Curve:
    """One training run's curve."""
    table = pd.read_csv(file)
    measured = {name: table[name].tolist() for name in ("macro_f1", "held_out_loss") if name in table}
    return Curve(steps=table["step"].tolist(), loss=table["loss"].tolist(), **measured)


def finetuning_curves(history: Path, members: list[str]) -> dict[str, dict[str, Curve]]:
    """member → fold → curve, of the members that have folds of their own."""
    return {
        member: {
            file.stem: read_curve(file)
            for file in sorted((history / "finetune" / member).glob("fold-*.csv"), key=lambda f: int(f.stem[5:]))
        }
        for member in members
    }


def masked_lm_curves(history: Path, pretrained: list[str], post_trained: list[str]) -> dict[str, Curve]:
    """'pretrain <name>' and 'post-train <name>' → curve, of those that were trained."""
    files = {f"pretrain {name}": history / "pretrain" / f"{name}.csv" for name in pretrained}
    files |= {f"post-train {name}": history / "post_train" / f"{name}.csv" for name in post_trained}
    return {name: read_curve(file) for name, file in files.items() if file.exists()}
