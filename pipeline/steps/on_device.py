"""What runs in a process of its own, where several run at a time: the check of its code, and then the import of it."""

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.plan.unedited import check_worker

if TYPE_CHECKING:
    from pipeline.plan.entries import Entry


def train_on_device(entry: "Entry", fold: int, device: str) -> None:
    """Train one fold."""
    check_worker(entry)
    from pipeline.steps.finetune import train_one_fold

    train_one_fold(entry, fold, device)


def predict_on_device(entry: "Entry", scratch: Path, fold: str, device: str) -> None:
    """Keep the test logits of one fold model."""
    check_worker(entry)
    from pipeline.steps.predict import predict_one_fold

    predict_one_fold(entry, scratch, fold, device)
