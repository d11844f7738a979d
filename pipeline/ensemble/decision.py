"""How the finished ensemble decides: the chosen fusion, learnt again from the OOF logits, and the class weights."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pipeline.artifacts.atomic import read_json
from pipeline.artifacts.paths import FUSION_REPORT, LABELS, MEMBERS, PREDICTIONS
from pipeline.artifacts.predictions import read_predictions
from pipeline.artifacts.tables import count_folds, read_scored_rows
from pipeline.class_weights import predict_labels
from pipeline.data.labels import LabelSet, as_label_set
from pipeline.ensemble.probabilities import oof_probabilities
from pipeline.ensemble.rules import candidate_rules
from pipeline.errors import UserError
from pipeline.fusion.rounds import needed_for
from pipeline.metrics.arrays import FloatArray, IntArray


@dataclass(frozen=True)
class Decision:
    """The pair of a candidate and class weights that was chosen. M members, n texts, C classes.

    Attributes:
        members: whose probabilities `fuse` takes, in this order.
        candidate: the rule, or the one member, that was chosen.
        method: of the class weights.
        classes: the C classes.
        weights: the class weights [C].
        n_folds: fold models of each member.
        fuse: makes scores [n, C] of the members' probabilities [M, n, C].
    """

    members: list[str]
    candidate: str
    method: str
    classes: LabelSet
    weights: FloatArray
    n_folds: int
    fuse: Callable[[FloatArray], FloatArray]


class Answers(NamedTuple):
    """What the ensemble says of n texts.

    `probabilities` [n, C] are the chosen candidate's scores under the class weights, scaled to sum to one: shares of
    votes where the candidate is a vote. `votes` [M, n] are the members' own labels. `label_ids` is [n].
    """

    label_ids: IntArray
    probabilities: FloatArray
    votes: IntArray


def read_decision(fusion: Mapping[str, Any]) -> Decision:
    """The decision that `search_weights` made, with `fusion`, that section of params.yaml with every default filled in.

    Raises UserError where a stage before has not run, where params no longer have the chosen rule, and where a rule
    needs a member that was trained elsewhere and so cannot read new texts.
    """
    predictions = read_predictions(PREDICTIONS)
    candidate = predictions.candidates[predictions.chosen]
    members: list[str] = read_json(FUSION_REPORT)["members"]
    classes = as_label_set(read_json(LABELS))
    here = [name for name in members if (MEMBERS / name).is_dir()]
    fusion, needed = _needed_for(candidate, fusion, members)
    elsewhere = [name for name in needed if name not in here]
    if elsewhere:
        raise UserError(
            f"the chosen {candidate} needs {elsewhere[0]}, of which there is no {MEMBERS / elsewhere[0]}/: a member "
            "that was trained elsewhere cannot read new texts; without it in params.yaml, `dvc repro` chooses again"
        )
    alone = candidate in members
    fuse = _take(here.index(candidate)) if alone else _learn(candidate, fusion, here, classes)
    method, weights = predictions.methods[predictions.chosen], predictions.weights[predictions.chosen]
    return Decision(here, candidate, method, classes, weights, count_folds(), fuse)


def decide(decision: Decision, probs: FloatArray) -> Answers:
    """The answers for n texts, from the probabilities [M, n, C] of the decision's members."""
    scores = decision.fuse(probs)
    weighted = scores * decision.weights
    label_ids = predict_labels(scores, decision.weights)
    return Answers(label_ids, weighted / weighted.sum(axis=1, keepdims=True), probs.argmax(axis=2))


def _needed_for(
    candidate: str, fusion: Mapping[str, Any], members: Sequence[str]
) -> tuple[Mapping[str, Any], list[str]]:
    """The part of `fusion` that makes the candidate, and the members that it takes."""
    name = candidate.partition("+")[0]
    if name in members:
        return fusion, [name]
    if name not in fusion.get("ballots", {}):
        return fusion, list(members)
    ballots = needed_for([name], fusion["ballots"])
    voters = {voter for ballot in ballots.values() for voter in ballot["voters"]}
    return {**fusion, "rules": [], "ballots": ballots}, [member for member in members if member in voters]


def _take(index: int) -> Callable[[FloatArray], FloatArray]:
    def scores(probs: FloatArray) -> FloatArray:
        of_member: FloatArray = probs[index]
        return of_member

    return scores


def _learn(
    candidate: str, fusion: Mapping[str, Any], members: Sequence[str], classes: LabelSet
) -> Callable[[FloatArray], FloatArray]:
    rule = candidate_rules(fusion, members).get(candidate)
    if rule is None:
        raise UserError(f"fusion: {candidate} was chosen, and nothing there makes it any more; run `dvc repro`")
    rows = read_scored_rows()
    probs = oof_probabilities(members, rows.row_id.tolist(), rows.fold_ids, classes.names)
    state = rule.fit(probs, rows.label_ids, rows.fold_ids[0])

    def scores(new: FloatArray) -> FloatArray:
        fused: FloatArray = rule.apply(new, state)
        return fused

    return scores
