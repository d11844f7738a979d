"""The work of processes that run at a time: each checks its code, and then imports and runs it."""

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.plan.unedited import check_worker

if TYPE_CHECKING:
    from pipeline.plan.entries import Entry


def train_on_device(entry: "Entry", fold: int, device: str) -> None:
    """Check the code, and train one fold on a device."""
    check_worker(entry)
    from pipeline.steps.finetune import train_one_fold

    train_one_fold(entry, fold, device)


def predict_on_device(entry: "Entry", scratch: Path, fold: str, device: str) -> None:
    """Check the code, and compute and keep the test logits of one fold model on a device."""
    check_worker(entry)
    from pipeline.steps.predict import predict_one_fold

    predict_one_fold(entry, scratch, fold, device)
