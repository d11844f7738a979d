"""Ask the finished ensemble about new texts, with the cleaning, fusion and class weights of the submission."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.config import load_params
from pipeline.config.reading import context_columns, input_settings, layout, row_columns
from pipeline.data.prepare import prepare_test
from pipeline.data.sources.read import read_table
from pipeline.ensemble.answer import answer
from pipeline.ensemble.decision import read_decision
from pipeline.errors import UserError
from pipeline.runtime.messages import say


def ask_text(text: str) -> None:
    """Print the answer to one text as JSON, on several lines."""
    (found,) = ask(as_row(text))
    say(json.dumps({key: found[key] for key in found if key != "row_id"}, ensure_ascii=False, indent=2))


def ask_file(file: Path) -> None:
    """Print the answer to each row of a file as JSON, a line for each."""
    for found in ask(read_rows(file)):
        say(json.dumps(found, ensure_ascii=False))


def ask(rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The ensemble's answer to each row: its id, label, probabilities from the largest down, and members' votes.

    Rows are cleaned as test rows are.
    """
    params = load_params()
    decision = read_decision(params.fusion.model_dump())
    prepared = prepare_test(rows, input_settings(params.data)).table
    texts, names = prepared["text"].tolist(), decision.classes.names
    answers = answer(decision, texts)
    for i, row_id in enumerate(prepared["row_id"]):
        order = np.argsort(-answers.probabilities[i], kind="stable")
        votes = zip(decision.members, answers.votes[:, i], strict=True)
        yield {
            "row_id": row_id,
            "label": names[answers.label_ids[i]],
            "probabilities": {names[k]: round(float(answers.probabilities[i, k]), 6) for k in order},
            "votes": {member: names[vote] for member, vote in votes},
        }


def as_row(text: str) -> pd.DataFrame:
    """A text as the only row of a file."""
    if not text.strip():
        raise UserError(f"--text: got {text!r}, a text is needed")
    return pd.DataFrame({"text": [text], "file": ["--text"], "line": [1]})


def read_rows(file: Path) -> pd.DataFrame:
    """The rows of a file that is written as the competition's are; ids and turns may be missing."""
    data = load_params().data
    return read_table(file, row_columns(data), layout(data), optional=["row_id", *context_columns(data)]).rows
