"""Alignment by context: the competition's tokens are recognised by the company that they keep in plain text."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError
from pipeline.runtime.progress import Progress
from pipeline.vocab.alignment import Alignment, AlignmentInputs, align_words, count_competition
from pipeline.vocab.context.confidence import Confidence, measure_confidence
from pipeline.vocab.context.corpus import Corpus, rank_tokens, read_documents, tokenize_documents
from pipeline.vocab.context.decide import NOBODY, assign, nearest_free
from pipeline.vocab.context.neighbours import count_neighbours
from pipeline.vocab.context.rounds import FIRST, TEMPERATURE, THEN, search
from pipeline.vocab.context.similarity import column_weights, company
from pipeline.vocab.context.transport import Names, pairs_as_belief
from pipeline.vocab.counts import frequent_tokens
from pipeline.vocab.frequency import align_by_frequency
from pipeline.vocab.mapping import MappingRow, sort_rows
from pipeline.vocab.pinning import find_pinned
from pipeline.vocab.tokenizers import SPECIAL_TOKENS

MAX_TOKENS = 30_000  # rarer ones are not looked for and get new rows

Ids = npt.NDArray[np.int64]
Array = npt.NDArray[np.floating[Any]]


def context(
    inputs: AlignmentInputs, *, pin_rule: Literal["no-digit", "punctuation", "none"], min_confidence: float
) -> Alignment:
    """Align by `match_corpora`, or by frequency where `measure_confidence` is below `min_confidence`.

    The alignment's evidence holds the confidence with its figures, and `method_used`. Raises UserError where the
    reference is no plain text, or none of its tokens is an ordinary token of the pretrained vocabulary.
    """
    if inputs.plain_texts is None:
        raise UserError(
            "alignment by context reads plain text, and the encoder's `reference` holds counts alone; name a text "
            "there (.txt, .jsonl, .csv, .parquet) of the checkpoint's language, near to the competition's"
        )
    old = inputs.tokenizer
    counts = count_competition(inputs)
    kept = frequent_tokens(counts, inputs.min_count)
    pinned = find_pinned(kept, old, pin_rule)
    corpus = rank_tokens(
        read_documents(inputs.texts, inputs.split),
        min_count=inputs.min_count,
        max_tokens=MAX_TOKENS,
        without=SPECIAL_TOKENS,
    )
    plain = rank_tokens(
        tokenize_documents(inputs.plain_texts, old), min_count=1, max_tokens=MAX_TOKENS, without=old.all_special_tokens
    )
    if not plain.tokens:
        raise UserError("alignment by context: the encoder's `reference` holds no token that its tokenizer knows")
    names = name_pinned(corpus, plain, pinned)
    confidence = measure_confidence(corpus, plain, names)
    is_sure = confidence.value >= min_confidence
    if is_sure:
        table = align_by_context(kept, corpus, plain, names, pinned)
    else:
        table = align_by_frequency(kept, dict(zip(plain.tokens, plain.counts.tolist(), strict=True)), pinned=pinned)
    evidence = {"method_used": "context" if is_sure else "frequency", **describe(confidence, min_confidence)}
    return replace(align_words(table, counts, inputs), evidence=evidence)


def name_pinned(corpus: Corpus, plain: Corpus, pinned: Mapping[str, str]) -> Names:
    """Return the names that the pinned tokens (token → its own plain token) tell before any matching."""
    plain_ids = {token: i for i, token in enumerate(plain.tokens)}
    plain_id = np.array([plain_ids.get(pinned.get(token, ""), -1) for token in corpus.tokens], dtype=np.int64)
    is_free = np.array([token not in pinned for token in corpus.tokens], dtype=bool)
    taken = frozenset(pinned.values())
    return Names(plain_id, is_free, np.array([token not in taken for token in plain.tokens], dtype=bool))


def align_by_context(
    kept: Mapping[str, int], corpus: Corpus, plain: Corpus, names: Names, pinned: Mapping[str, str]
) -> list[MappingRow]:
    """Make the mapping table of `match_corpora`'s result; tokens without a match get new rows.

    Args:
        kept: count of each token that gets a row.
        corpus, plain, names: as in `match_corpora`.
        pinned: token of the competition → its own pretrained token.
    """
    matched, probability = match_corpora(corpus, plain, names)
    plain_rank = np.cumsum(names.is_plain_free)
    place = {token: i for i, token in enumerate(corpus.tokens)}
    rows = []
    rank = 0
    for token, count in kept.items():
        if token in pinned:
            rows.append(MappingRow(token, count, None, pinned[token]))
            continue
        rank += 1
        i = place.get(token)
        if i is None or matched[i] == NOBODY:
            rows.append(MappingRow(token, count, rank, None))
        else:
            j = int(matched[i])
            sure = None if np.isnan(probability[i]) else round(float(probability[i]), 4)
            rows.append(MappingRow(token, count, rank, plain.tokens[j], int(plain_rank[j]), sure))
    return sort_rows(rows)


def match_corpora(corpus: Corpus, plain: Corpus, names: Names) -> tuple[Ids, Array]:
    """Find the plain token of each token: the 10,000 most frequent by assignment, the rest by nearest free plain token.

    Args:
        corpus, plain: the competition's text and the plain one.
        names: what is known beforehand.

    Returns:
        [V] plain ids, -1 where none is left; and [V] how probable each is, nan for plain tokens by nearest free.
    """
    rounds = FIRST + THEN
    with Progress(len(rounds), "align by context", "round") as progress:
        similarity = search(corpus, plain, names, rounds, lambda _: progress.update())
    matched, probability = assign(similarity, names, temperature=TEMPERATURE)
    rest = _match_rest(corpus, plain, names, matched, probability, n_plain=similarity.shape[1])
    return np.concatenate([matched, rest]), np.concatenate([probability, np.full(len(rest), np.nan)])


def _match_rest(corpus: Corpus, plain: Corpus, names: Names, matched: Ids, probability: Array, n_plain: int) -> Ids:
    """Match the tokens after the matched ones, by neighbours among the matched: → plain ids."""
    n = len(matched)
    rest = names.plain_id[n:].copy()
    is_free = names.is_free[n:]
    if not is_free.any():
        return rest
    belief = pairs_as_belief(matched, probability, (n, n_plain))
    weights = column_weights(belief)
    left = company([counts @ belief for counts in count_neighbours(corpus, MAX_TOKENS, n)], weights)[n:]
    right = company(count_neighbours(plain, MAX_TOKENS, n_plain), weights)
    is_left = names.is_plain_free.copy()
    is_left[matched[matched != NOBODY]] = False
    rest[is_free] = nearest_free(left[is_free], right, is_left)
    return rest


def describe(confidence: Confidence, min_confidence: float) -> dict[str, Any]:
    """Return the confidence as entries of the alignment's report."""
    return {"confidence": confidence.value, "min_confidence": min_confidence, "evidence": asdict(confidence)}
