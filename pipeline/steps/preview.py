"""Show what cleaning does to the competition's texts, and write nothing."""

from pipeline.config import load_params
from pipeline.data.preview import describe_preview, find_changes
from pipeline.runtime.messages import say
from pipeline.steps.prepare import read_test, read_train


def show_changes(n_shown: int) -> None:
    """Print what each cleaning step changes, and `n_shown` of the texts that they change most."""
    data = load_params().data
    changes, places = find_changes([read_train(data).rows, read_test(data).rows], data.clean, n_shown)
    for line in describe_preview(changes, places):
        say(line)
