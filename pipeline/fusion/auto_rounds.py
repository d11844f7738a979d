"""Rounds of voting, found by a search: winners of competitions did so by hand, with a table of who agrees with whom."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from pipeline.errors import UserError
from pipeline.fusion.blocks import check_probs
from pipeline.fusion.round_search import FoundRounds, RoundSettings, find_rounds
from pipeline.fusion.rounds import BallotResult, run_rounds
from pipeline.fusion.rule import Tuning
from pipeline.metrics.arrays import FloatArray, IntArray


class AutoRounds(NamedTuple):
    """The result of `auto_rounds`: the rounds that were found, and their outcome."""

    found: FoundRounds
    oof: BallotResult
    test: BallotResult | None  # None where no test was given


def auto_rounds(
    oof: FloatArray,
    y: IntArray,
    test: FloatArray | None = None,
    names: Sequence[str] | None = None,
    **settings: Any,
) -> AutoRounds:
    """Find rounds of voting on `oof` [M, N, C] and labels `y` [N], and hold them there and on `test` [M, n, C].

    A round has up to `ballots` (4) votes of `fewest` (3) to `most` (5) voters, with `tie` (rank) broken as in `vote`.
    Who may vote are the members and all ballots so far, the 16 best of them by macro-F1. Voters are the sets with the
    largest

        mean macro-F1 of the voters - `diversity` (0.5) × mean agreement of two voters,

    each sharing at most half of its voters (rounded up) with a set before it. The round's best ballot is settled when
    it agrees with every member at least as much as two members do on average, and more with the better members (the
    covariance of agreement and macro-F1 is positive). Rounds end when a settled one brings no gain over the one
    before, when no new set is left, or after `rounds` (3). The outcome is the best of the settled ballots, or of the
    rounds' best where none settled. Nothing is random; of equals the first is taken.

    The outcome's score on `oof` is tuned; the rule `auto_rounds` of params, in `fuse_nested`, gives the honest one.
    Raises ValueError for wrong shapes, labels or settings, or rows that are not probabilities.
    """
    oof = check_probs(oof, distributions=True)
    names = _names(len(oof)) if names is None else list(names)
    if len(names) != len(oof):
        raise ValueError(f"names has {len(names)} entries for {len(oof)} members")
    if test is not None and np.shape(test)[::2] != oof.shape[::2]:
        raise ValueError(f"oof has shape {oof.shape} and test {np.shape(test)}; members or classes differ")
    found = find_rounds(oof, y, names, RoundSettings(**settings))
    oof_result, *test_result = (
        run_rounds(found.ballots, probs, names, keep=[found.outcome])[found.outcome]
        for probs in (oof, test)
        if probs is not None
    )
    return AutoRounds(found, oof_result, test_result[0] if test_result else None)


@dataclass(frozen=True)
class AutoRoundsRule:
    """The rule `auto_rounds` of params: the search for rounds of voting under some settings."""

    settings: RoundSettings
    tuning: Tuning = "choice"

    def fit(self, oof_probs: FloatArray, y: IntArray, fold_ids: IntArray) -> FoundRounds:
        """Find the rounds on probs [M, N, C] and labels [N]."""
        return find_rounds(oof_probs, y, _names(len(oof_probs)), self.settings)

    def apply(self, probs: FloatArray, state: FoundRounds) -> FloatArray:
        """Return the probabilities of the outcome [n, C]."""
        return run_rounds(state.ballots, probs, _names(len(probs)), keep=[state.outcome])[state.outcome].probs

    def describe(self, state: FoundRounds, names: Sequence[str]) -> dict[str, Any]:
        """Return the whole tree, with the members' names, and the ballots as params.yaml takes them."""
        own = dict(zip(_names(len(names)), names, strict=True))
        rounds = [
            entry
            | {
                "ballots": {
                    name: ballot
                    | {
                        "voters": [own.get(voter, voter) for voter in ballot["voters"]],
                        "score": round(ballot["score"], 6),
                        "agreement": [round(share, 6) for share in ballot["agreement"]],
                    }
                    for name, ballot in entry["ballots"].items()
                }
            }
            for entry in state.tree
        ]
        ballots = {
            name: {"voters": [own.get(voter, voter) for voter in ballot["voters"]], "tie": ballot["tie"]}
            for name, ballot in state.ballots.items()
        }
        return {
            "settings": asdict(self.settings),
            "outcome": state.outcome,
            "ballots": ballots,
            "rounds": rounds,
        }

    def dump(self, state: FoundRounds) -> dict[str, Any]:
        """Return the ballots and the outcome's name; how the ballots were found has no say in what they give."""
        return {"ballots": state.ballots, "outcome": state.outcome}

    def load(self, dumped: Mapping[str, Any]) -> FoundRounds:
        """Return the dumped ballots and their outcome, without the tree of the search."""
        return FoundRounds(dumped["ballots"], dumped["outcome"], [])

    def n_fitted(self, n_members: int, n_classes: int) -> int:
        """Return the number of voters of all ballots that may be held."""
        return self.settings.rounds * self.settings.ballots * self.settings.most


def auto_rounds_rule(
    *,
    fewest: int,
    most: int,
    ballots: int,
    rounds: int,
    diversity: float,
    tie: Literal["first", "probability", "rank", "winners_probability"],
) -> AutoRoundsRule:
    """Make the rule `auto_rounds` of params. Raises UserError for settings that no round can have."""
    try:
        return AutoRoundsRule(
            RoundSettings(fewest=fewest, most=most, ballots=ballots, rounds=rounds, diversity=diversity, tie=tie)
        )
    except ValueError as error:
        raise UserError(f"params.yaml: fusion: auto_rounds: {error}") from None


def _names(n_members: int) -> list[str]:
    return [f"member-{index}" for index in range(n_members)]
