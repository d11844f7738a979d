"""What a member reads of a row: its text, cleaned, and in a dialogue the turns before it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.data.bad_rows import find_missing, refuse
from pipeline.data.dialogue import add_context, count_repeated_turns, number_dialogues, order_turns
from pipeline.data.groups import is_given
from pipeline.text import Step, clean


class InputSettings(NamedTuple):
    """Settings by which rows become inputs of members (`data` in params.yaml)."""

    steps: Sequence[Step]  # of cleaning, in order
    empty_text: str  # stands for a text of which nothing is left
    window: int = 0  # turns before its own that a row of a dialogue sees
    separator: str = ""  # between turns


def clean_texts(rows: pd.DataFrame, steps: Sequence[Step]) -> list[str]:
    """Clean the column `text`; a missing text becomes an empty one."""
    return clean([text if isinstance(text, str) else "" for text in rows["text"]], steps)


def make_inputs(rows: pd.DataFrame, cleaned: Sequence[str], settings: InputSettings) -> list[str]:
    """Make the rows' inputs [N] of their cleaned texts [N]: fill placeholders in, and add context.

    Context needs the column `dialogue`; `turn` gives the order within a dialogue, without it the rows' own is taken;
    `speaker` gives names. All rows of the files have to be here, those that will be dropped too: they were said.

    Raises UserError for rows of a dialogue without turn.
    """
    filled = [text if text.strip() else settings.empty_text for text in cleaned]
    if "dialogue" not in rows:
        return filled
    dialogues = number_dialogues(rows["file"], rows["dialogue"])
    speakers = [str(name).strip() if is_given(name) else "" for name in rows.get("speaker", [""] * len(rows))]
    return add_context(filled, speakers, dialogues, _order(rows), settings.window, settings.separator)


def warn_of_dialogues(rows: pd.DataFrame, what: str) -> list[str]:
    """Warn of rows without a dialogue and of repeated turns, a sentence for each (`what`: training, test)."""
    if "dialogue" not in rows:
        return []
    n_alone = int(find_missing(rows, "dialogue").sum())
    warnings = [f"{n_alone} {what} rows have no dialogue: each stands alone"] if n_alone else []
    if "turn" in rows:
        dialogues = number_dialogues(rows["file"], rows["dialogue"])
        n_repeated = count_repeated_turns(dialogues, rows["turn"].tolist())
        if n_repeated:
            warnings.append(
                f"{n_repeated} {what} rows have the turn of another row of their dialogue: the file decides"
            )
    return warnings


def _order(rows: pd.DataFrame) -> NDArray[np.int64]:
    if "turn" not in rows:
        return np.arange(len(rows))
    outside = find_missing(rows, "dialogue")
    remedy = "Mend them, or set data.context.turn to null: turns then follow each other as in the file"
    refuse(rows, find_missing(rows, "turn") & ~outside, "turn", "of a dialogue have no turn", remedy)
    return order_turns(["" if alone else turn for turn, alone in zip(rows["turn"], outside, strict=True)])
