"""Did the alignment work? Two answers that need no truth, from texts that were cut in halves.

Agreement: the first half of the competition's text is matched with the first half of the plain text, the second with
the second. The two searches share no document. Where there is nothing to find, the searches find different things.

Recovery: the first search's decoding of the *second* half is read by a bigram model of the plain text's second half.
How much more predictable are neighbours than if every word stood for itself? 0 is what decoding rank by rank gives, 1
what plain text of the first half gives.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.runtime.progress import Progress
from pipeline.vocab.context.corpus import Corpus, cut_in_halves
from pipeline.vocab.context.decide import assign
from pipeline.vocab.context.neighbours import count_pairs
from pipeline.vocab.context.rounds import FIRST, TEMPERATURE, search
from pipeline.vocab.context.transport import Names

Ids = npt.NDArray[np.int64]
Array = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Confidence:
    """The confidence of an alignment: two witnesses of success and the figures behind recovery; see the module.

    Args:
        agreement: share of the mass of the anonymised tokens compared on which the two searches agree.
        recovery: 0 to 1 where decoding by rank and plain text are.
        gain, gain_by_rank, gain_of_plain: mean log of how much more probable a word is after its neighbour than
            alone, in the decoded text, in the text decoded by rank, and in plain text.
    """

    agreement: float
    recovery: float
    gain: float
    gain_by_rank: float
    gain_of_plain: float

    @property
    def value(self) -> float:
        """The weaker of the two witnesses, agreement and recovery."""
        return min(self.agreement, self.recovery)


def measure_confidence(corpus: Corpus, plain: Corpus, names: Names) -> Confidence:
    """Match the halves of two corpora and compare the results; every figure is 0 where a half is empty."""
    halves, plain_halves = cut_in_halves(corpus), cut_in_halves(plain)
    if not all(half.counts.any() for half in (*halves, *plain_halves)):
        return Confidence(0.0, 0.0, 0.0, 0.0, 0.0)
    with Progress(2 * len(FIRST), "confidence of alignment", "round") as progress:
        first, second = (
            assign(search(*pair, names, FIRST, lambda _: progress.update()), names, temperature=TEMPERATURE)[0]
            for pair in zip(halves, plain_halves, strict=True)
        )
    n = len(first)
    by_rank = match_by_rank(names, n)
    gain, gain_by_rank = (bigram_gain(halves[1], plain_halves[1], found) for found in (first, by_rank))
    own = np.unique(first[first >= 0])
    itself = np.full(int(own.max(initial=-1)) + 1, -1, np.int64)
    itself[own] = own
    gain_of_plain = bigram_gain(plain_halves[0], plain_halves[1], itself)
    between = gain_of_plain - gain_by_rank
    recovery = (gain - gain_by_rank) / between if between > 0 else 0.0
    agreement = mass_agreed(first, second, corpus.counts[:n] * names.is_free[:n])
    return Confidence(agreement, float(np.clip(recovery, 0, 1)), gain, gain_by_rank, gain_of_plain)


def mass_agreed(first: Ids, second: Ids, mass: npt.NDArray[Any]) -> float:
    """Compute the share of the mass on which two results have the same plain token; 0 where there is no mass."""
    agreed = (first == second) & (first >= 0)
    return float(mass[agreed].sum() / mass.sum()) if mass.sum() else 0.0


def match_by_rank(names: Names, n: int) -> Ids:
    """Match the n most frequent tokens by rank, known names kept: → plain ids [n], -1 past the end."""
    matched = names.plain_id[:n].copy()
    free, plain_free = np.flatnonzero(names.is_free[:n]), np.flatnonzero(names.is_plain_free)
    k = min(len(free), len(plain_free))
    matched[free[:k]] = plain_free[:k]
    return matched


def bigram_gain(corpus: Corpus, model: Corpus, plain_ids: Ids) -> float:
    """Compute the mean log P(word | word before) / P(word) of a decoded text's neighbours, in nats.

    Args:
        corpus: the text; neighbours of which one has no plain id are passed over.
        model: the plain text whose counts give P: bigrams interpolated with single words (Witten and Bell 1991).
        plain_ids: [n], the plain id of the n most frequent tokens of the text, -1 for none.

    Returns:
        0 for a text without such neighbours.
    """
    n, m = len(plain_ids), int(plain_ids.max(initial=-1)) + 1
    if m == 0:
        return 0.0
    pairs = count_pairs(corpus, (n, n), 1).tocoo()
    before, after = plain_ids[pairs.row], plain_ids[pairs.col]
    seen = count_pairs(model, (m, m), 1)
    followers, n_distinct = seen.sum(axis=1), np.diff(seen.indptr)
    shares = model.counts[:m] / max(model.counts[:m].sum(), 1)
    known = (before >= 0) & (after >= 0)
    known[known] &= (followers[before[known]] > 0) & (shares[after[known]] > 0)
    before, after, weights = before[known], after[known], pairs.data[known]
    if not len(weights):
        return 0.0
    joint = np.asarray(seen[before, after]).ravel()
    trust = followers[before] / (followers[before] + n_distinct[before])
    ratio = trust * joint / followers[before] / shares[after] + 1 - trust
    return float((weights * np.log(ratio)).sum() / weights.sum())
