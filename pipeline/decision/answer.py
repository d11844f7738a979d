"""The finished ensemble's answers to texts."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from pipeline.class_weights import predict_labels
from pipeline.data.new_rows import clean_rows
from pipeline.decision.artifact import Decision
from pipeline.decision.member import Member
from pipeline.metrics.arrays import FloatArray, IntArray


class Answers(NamedTuple):
    """The ensemble's answers to n texts.

    `probabilities` [n, C] are the chosen candidate's scores under the class weights, scaled to sum to one: shares of
    votes where the candidate is a vote. `votes` [M, n] are the members' own labels. `label_ids` is [n].
    """

    label_ids: IntArray
    probabilities: FloatArray
    votes: IntArray


def answer(decision: Decision, members: Iterable[Member], texts: Sequence[str]) -> Answers:
    """Answer n cleaned texts by the decision's members: loaded members, or members that are loaded one by one."""
    return decide(decision, np.stack([probabilities(texts) for probabilities in members]))


def decide(decision: Decision, probs: FloatArray) -> Answers:
    """Answer n texts, from the probabilities [M, n, C] of the decision's members."""
    scores = decision.fuse(probs)
    weighted = scores * decision.weights
    label_ids = predict_labels(scores, decision.weights)
    return Answers(label_ids, weighted / weighted.sum(axis=1, keepdims=True), probs.argmax(axis=2))


def answer_rows(decision: Decision, members: Iterable[Member], rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the answer to each row, as JSON: its id, label, probabilities from the largest down, and members' votes.

    Rows are cleaned as test rows are.
    """
    cleaned, names = clean_rows(rows, decision.reading), decision.classes.names
    answers = answer(decision, members, cleaned["text"].tolist())
    for i, row_id in enumerate(cleaned["row_id"]):
        order = np.argsort(-answers.probabilities[i], kind="stable")
        votes = zip(decision.members, answers.votes[:, i], strict=True)
        yield {
            "row_id": row_id,
            "label": names[answers.label_ids[i]],
            "probabilities": {names[k]: round(float(answers.probabilities[i, k]), 6) for k in order},
            "votes": {member: names[vote] for member, vote in votes},
        }
