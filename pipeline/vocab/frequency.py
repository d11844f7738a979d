"""Alignment by frequency: the competition's n-th most frequent token is read as the n-th of plain text."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from pipeline.errors import UserError
from pipeline.vocab.alignment import NEW_ROW, Alignment, AlignmentInputs, align_words, count_competition
from pipeline.vocab.counts import frequent_tokens, sort_counts
from pipeline.vocab.mapping import MappingRow, sort_rows
from pipeline.vocab.pinning import find_pinned


def align_by_frequency(
    competition_counts: Mapping[str, int], plain_counts: Mapping[str, int], *, pinned: Mapping[str, str]
) -> list[MappingRow]:
    """Map the competition's tokens to pretrained tokens rank to rank; each pretrained token is used at most
    once.

    Both sides are ranked by count from high to low, equal counts in code point order of the token. Pinned
    tokens map to their own pretrained token, and both are taken out of the rankings before. Ranks past the
    end of the plain side get new rows.

    Args:
        competition_counts: count of each token that gets a row.
        plain_counts: count of each pretrained token in plain text; no special tokens. Zero counts are not
            ranked.
        pinned: token of the competition → its own pretrained token.

    Returns:
        One row a token of the competition, the most frequent first.
    """
    taken = frozenset(pinned.values())
    plain_ranking = [t for t, count in sort_counts(plain_counts).items() if count > 0 and t not in taken]
    ranking = [token for token in sort_counts(competition_counts) if token not in pinned]
    rows = [
        MappingRow(token, competition_counts[token], None, pinned[token])
        for token in competition_counts
        if token in pinned
    ]
    for rank, token in enumerate(ranking, start=1):
        mapped_to = plain_ranking[rank - 1] if rank <= len(plain_ranking) else None
        mapped_rank = None if mapped_to is None else rank
        rows.append(MappingRow(token, competition_counts[token], rank, mapped_to, mapped_rank))
    return sort_rows(rows)


def rank_windows(ranking: Sequence[str], window: int) -> list[list[str]]:
    """List, for each rank, the tokens of the ranks around: `window // 2` to either side, fewer at the ends."""
    half = window // 2
    return [list(ranking[max(0, rank - half) : rank + half + 1]) for rank in range(len(ranking))]


def frequency(
    inputs: AlignmentInputs, *, pin_rule: Literal["no-digit", "punctuation", "none"], window: int
) -> Alignment:
    """Align by `align_by_frequency`. Raises UserError where no pretrained token has a count in plain text.

    Where `window` is 2 or more, a token starts from the mean of the rows of the `rank_windows` around its rank: equal
    ranks are a guess, and the mean of near ones is nearer to the truth than a wrong one.
    """
    if inputs.plain_counts is None:
        raise ValueError("alignment by frequency needs plain_counts")
    special = inputs.tokenizer.all_special_tokens
    vocab = inputs.tokenizer.get_vocab()
    plain_counts = {t: n for t, n in inputs.plain_counts.items() if n > 0 and t in vocab and t not in special}
    if not plain_counts:
        raise UserError(
            f"alignment by frequency: of {len(inputs.plain_counts)} tokens counted in plain text none is an "
            "ordinary token of the pretrained vocabulary; count plain text of the checkpoint's language with "
            "its own tokenizer"
        )
    counts = count_competition(inputs)
    kept = frequent_tokens(counts, inputs.min_count)
    pinned = find_pinned(kept, inputs.tokenizer, pin_rule)
    table = align_by_frequency(kept, plain_counts, pinned=pinned)
    alignment = align_words(table, counts, inputs)
    return alignment if window < 2 else _smooth(alignment, inputs.tokenizer.get_vocab(), window)


def _smooth(alignment: Alignment, old_vocab: Mapping[str, int], window: int) -> Alignment:
    """Let the tokens that rank led to a row start from the mean of the rows of near ranks."""
    vocab = alignment.tokenizer.get_vocab()
    ranked = sorted(
        (row for row in alignment.table if row.mapped_rank is not None), key=lambda row: row.mapped_rank or 0
    )
    windows = rank_windows([row.mapped_to or "" for row in ranked], window)
    pieces = {vocab[row.token]: [old_vocab[t] for t in near] for row, near in zip(ranked, windows, strict=True)}
    rows = alignment.rows.copy()
    rows[np.fromiter(pieces, np.int64, len(pieces))] = NEW_ROW
    return replace(alignment, rows=rows, pieces=pieces)
