"""The search: belief → similarities → belief, at first soft and of few tokens, then of more and more."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.vocab.context.corpus import Corpus
from pipeline.vocab.context.frames import frame_similarity
from pipeline.vocab.context.neighbours import count_neighbours
from pipeline.vocab.context.signature import signature_distance
from pipeline.vocab.context.similarity import company_similarity
from pipeline.vocab.context.transport import Names, believe

Array = npt.NDArray[np.floating[Any]]

SOFT = 0.1  # temperature on signatures, of which the first belief is made
TEMPERATURE = 0.015  # on similarities of company
FRAME_WEIGHT = 0.75


class Round(NamedTuple):
    """A round of the search: how many of the most frequent tokens are compared, and whether by their frames too."""

    n: int
    frames: bool


# The first tokens have to find each other before they can stand as company for more.
FIRST = (Round(500, False),) * 6 + (Round(1000, False),) * 4
THEN = (Round(2000, False),) * 2 + (Round(2000, True),) * 2 + (Round(4000, True),) * 2 + (Round(10000, True),) * 2


def search(
    corpus: Corpus,
    plain: Corpus,
    names: Names,
    rounds: Sequence[Round],
    on_round: Callable[[Array], None] = lambda similarity: None,
) -> Array:
    """Compare the tokens of two texts round by round.

    Args:
        corpus, plain: the competition's text and the plain one.
        names: what is known beforehand.
        rounds: one comparison each; rounds that could compare no more than the one before are still run.
        on_round: called with the similarities of each, to report progress.

    Returns:
        The last round's similarities, [n, m] of the most frequent tokens of either side.
    """
    most = max(r.n for r in rounds)
    neighbours, plain_neighbours = count_neighbours(corpus, most), count_neighbours(plain, most)
    known = np.flatnonzero(names.plain_id >= 0)
    distance = signature_distance(
        (corpus, neighbours), (plain, plain_neighbours), (known, names.plain_id[known]), rounds[0].n
    )
    similarity, temperature = -distance, SOFT
    for n, frames in rounds:
        belief = believe(similarity, names, temperature=temperature)
        similarity, temperature = company_similarity(neighbours, plain_neighbours, belief, n), TEMPERATURE
        if frames:
            similarity += FRAME_WEIGHT * frame_similarity(corpus, plain, belief, n)
        on_round(similarity)
    return similarity
