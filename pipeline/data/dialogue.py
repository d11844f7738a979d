"""Dialogues: the order of their turns, and texts that hold the turns before them."""

import re
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.data.groups import group_values, is_given

NUMBER = re.compile(r"(\d+)")


def add_context(
    texts: Sequence[str],
    speakers: Sequence[str],
    dialogues: NDArray[np.int64],
    order: NDArray[np.int64],
    window: int,
    separator: str,
) -> list[str]:
    """Put up to `window` turns of its dialogue behind each text: [N] → [N].

    The text itself comes first, then the turn before it, then the one before that, with `separator` between: whatever
    cuts the end off cuts the oldest turn. A turn is `speaker: text`, or the text alone where the speaker is empty.

    `dialogues` [N] numbers the rows' dialogues, `order` [N] is the rank of each row among all: rows of one dialogue
    follow each other by it.
    """
    turns = [f"{speaker}: {text}" if speaker else text for text, speaker in zip(texts, speakers, strict=True)]
    inputs = list(turns)
    for rows in _split_dialogues(dialogues, order):
        for place, row in enumerate(rows):
            before = rows[max(0, place - window) : place]
            inputs[row] = separator.join(turns[other] for other in [row, *reversed(before)])
    return inputs


def order_turns(turns: Sequence[str]) -> NDArray[np.int64]:
    """Return the rank of each turn [N], numbers in a turn compared as numbers ("2" before "10", "7_9" before "7_10").

    Equal turns keep their order.
    """
    keys = [[int(part) if part.isdecimal() else part for part in NUMBER.split(turn)] for turn in turns]
    ranks = np.empty(len(keys), dtype=np.int64)
    ranks[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
    return ranks


def number_dialogues(files: Iterable[str], dialogues: Iterable[object]) -> NDArray[np.int64]:
    """Number each row's dialogue [N]. Each file has dialogues of its own; a row without a dialogue stands alone."""
    pairs = zip(files, dialogues, strict=True)
    return group_values(f"{file}\n{str(name).strip()}" if is_given(name) else None for file, name in pairs)


def count_repeated_turns(dialogues: NDArray[np.int64], turns: Sequence[str]) -> int:
    """Count the rows that have the turn of an earlier row of their dialogue."""
    return int(pd.DataFrame({"dialogue": dialogues, "turn": list(turns)}).duplicated().sum())


def _split_dialogues(dialogues: NDArray[np.int64], order: NDArray[np.int64]) -> list[list[int]]:
    """Return the rows of each dialogue, in the order of its turns."""
    rows = np.lexsort((order, dialogues))
    starts = np.flatnonzero(np.diff(dialogues[rows])) + 1
    return [part.tolist() for part in np.split(rows, starts)]
