"""The search for rounds of voting that `auto_rounds` describes. M members, S standing (members and ballots), N rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from pipeline.fusion.blocks import read_blocks
from pipeline.fusion.diversity import agreement_of
from pipeline.fusion.rounds import round_labels
from pipeline.fusion.voting import TIES
from pipeline.metrics import macro_f1
from pipeline.metrics.arrays import FloatArray, IntArray, check_labels

POOL = 16  # how many may stand in a round: 16 give 6,748 sets of three to five


@dataclass(frozen=True, kw_only=True)
class RoundSettings:
    """The settings of `auto_rounds`, which explains them. Raises ValueError for settings that no round can have."""

    fewest: int = 3
    most: int = 5
    ballots: int = 4
    rounds: int = 3
    diversity: float = 0.5
    tie: str = "rank"

    def __post_init__(self) -> None:
        if not 1 <= self.fewest <= self.most or self.ballots < 1 or self.rounds < 1 or not self.diversity >= 0:
            raise ValueError(f"{self}: 1 <= fewest <= most, ballots and rounds >= 1, diversity >= 0 are needed")
        if self.tie not in TIES:
            raise ValueError(f"tie is {self.tie!r}; one of {', '.join(TIES)} is allowed")


class FoundRounds(NamedTuple):
    """Rounds of voting, with the steps of the search that found them."""

    ballots: dict[str, dict[str, Any]]  # all that were held, as `run_rounds` takes them
    outcome: str  # the ballot that is the result
    tree: list[dict[str, Any]]  # each round: its ballots with voters, score and agreement, the best, whether it settled


def find_rounds(oof: FloatArray, y: IntArray, names: Sequence[str], settings: RoundSettings) -> FoundRounds:
    """Search for rounds on probabilities `oof` [M, N, C] of the members `names` with labels `y` [N]."""
    n_classes = oof.shape[2]
    check_labels(y, n_classes, "y")
    standing, labels = list(names), np.concatenate([block.votes for block in read_blocks(oof, True)], axis=1)
    scores = [macro_f1(y, own, n_classes) for own in labels]
    agreement = agreement_of(labels)
    ballots: dict[str, dict[str, Any]] = {}
    tree: list[dict[str, Any]] = []
    for number in range(1, settings.rounds + 1):
        stood = {frozenset(ballot["voters"]) for ballot in ballots.values()}
        sets = [
            [standing[index] for index in chosen]
            for chosen in choose_sets(np.array(scores), agreement, settings, standing, stood)
        ]
        if not sets:
            break
        new = {
            f"round-{number}-{index}": {"voters": voters, "rule": "vote", "tie": settings.tie}
            for index, voters in enumerate(sets, start=1)
        }
        ballots |= new
        held = round_labels(ballots, oof, names, keep=list(new))
        standing += new
        labels = np.concatenate([labels, held])
        scores += [macro_f1(y, own, n_classes) for own in held]
        agreement = agreement_of(labels)
        tree.append(_describe(number, new, standing, scores, agreement, len(names)))
        if len(tree) > 1 and tree[-1]["settled"] and _best_score(tree[-1]) <= _best_score(tree[-2]):
            break
    settled = [entry for entry in tree if entry["settled"]] or tree
    return FoundRounds(ballots, max(settled, key=_best_score)["best"], tree)  # of equals the first


def choose_sets(
    scores: FloatArray,
    agreement: FloatArray,
    settings: RoundSettings,
    standing: Sequence[str],
    stood: set[frozenset[str]],
) -> list[tuple[int, ...]]:
    """Choose the voters of a round's ballots, as indices into `standing` [S], with scores [S] and agreement [S, S]."""
    pool = sorted(np.argsort(-scores, kind="stable")[:POOL].tolist())
    largest = min(settings.most, len(pool))
    chosen: list[tuple[int, ...]] = []
    for candidate in _by_value(pool, min(settings.fewest, largest), largest, scores, agreement, settings.diversity):
        most_shared = (len(candidate) + 1) // 2
        fresh = frozenset(standing[index] for index in candidate) not in stood
        if fresh and all(len(set(candidate) & set(other)) <= most_shared for other in chosen):
            chosen.append(candidate)
        if len(chosen) == settings.ballots:
            break
    return chosen


def _by_value(
    pool: list[int], smallest: int, largest: int, scores: FloatArray, agreement: FloatArray, diversity: float
) -> Iterator[tuple[int, ...]]:
    """List all sets of voters, the sets of the largest value first, then the smaller, then the earlier in `pool`."""
    sets, values = [], []
    for size in range(smallest, largest + 1):
        members = np.array(list(combinations(pool, size)))
        pairs = agreement[members[:, :, None], members[:, None, :]].sum(axis=(1, 2)) - size  # the diagonal is 1
        sets += [tuple(row) for row in members.tolist()]
        values.append(scores[members].mean(axis=1) - diversity * pairs / max(size * (size - 1), 1))
    order = np.argsort(-np.concatenate(values).round(12), kind="stable")  # rounding orders no sets
    return (sets[index] for index in order)


def _describe(
    number: int,
    new: dict[str, dict[str, Any]],
    standing: Sequence[str],
    scores: Sequence[float],
    agreement: FloatArray,
    n_members: int,
) -> dict[str, Any]:
    rows = {
        name: {
            "voters": ballot["voters"],
            "score": scores[standing.index(name)],
            "agreement": agreement[standing.index(name), :n_members].tolist(),  # with each member
        }
        for name, ballot in new.items()
    }
    best = max(new, key=lambda name: rows[name]["score"])
    with_best = agreement[standing.index(best), :n_members]
    return {
        "round": number,
        "ballots": rows,
        "best": best,
        "settled": is_settled(with_best, agreement[:n_members, :n_members], np.array(scores[:n_members])),
    }


def is_settled(with_members: FloatArray, between_members: FloatArray, scores: FloatArray) -> bool:
    """Return whether a ballot agrees with every member, and a little more with the better members.

    `with_members` [M] is the ballot's agreement with each member, `between_members` [M, M] the agreement of members,
    and `scores` [M] are the members' scores.
    """
    n_members = len(scores)
    if n_members < 2:
        return True
    usual = (between_members.sum() - n_members) / (n_members * (n_members - 1))
    toward_better = ((with_members - with_members.mean()) * (scores - scores.mean())).sum()
    return bool(with_members.min() >= usual and (toward_better > 0 or np.ptp(scores) == 0))


def _best_score(entry: dict[str, Any]) -> float:
    score: float = entry["ballots"][entry["best"]]["score"]
    return score
