"""What a mapping is worth in shares of the text: how much starts from a pretrained row, and is it right."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pipeline.vocab.mapping import MappingRow, sort_rows

N_EXAMPLES = 20


def alignment_report(
    rows: Sequence[MappingRow],
    competition_counts: Mapping[str, int],
    *,
    method: str,
    evidence: Mapping[str, Any] | None = None,
    n_examples: int = N_EXAMPLES,
) -> dict[str, Any]:
    """Summarise a mapping table as a JSON-able dict.

    The shares are of the text mass, that is, of all token occurrences: `coverage` starts from a pretrained
    row (of it `pinned_mass` from its own), `unmapped_mass` from a new row, `oov_mass` is read as the unknown
    token; coverage, unmapped_mass and oov_mass add up to 1. All are 0 for an empty corpus.

    Args:
        rows: the mapping table.
        competition_counts: count of every token of the competition, those without a row included.
        method: name of the method that was asked for; it is `method_used` too, unless the evidence says otherwise.
        evidence: what the method found out about itself (`Alignment.evidence`).
        n_examples: how many of the most frequent rows to show.
    """
    pinned = [row for row in rows if row.mapped_to is not None and row.is_pinned]
    mapped = [row for row in rows if row.mapped_to is not None and not row.is_pinned]
    new = [row for row in rows if row.mapped_to is None]
    total = sum(competition_counts.values())
    return {
        "method": method,
        "method_used": method,
        **(evidence or {}),
        "n_tokens": len(rows),
        "n_pinned": len(pinned),
        "n_mapped": len(mapped),
        "n_new": len(new),
        "n_oov": len(competition_counts) - len(rows),
        "n_occurrences": total,
        "coverage": _share(_mass(pinned) + _mass(mapped), total),
        "pinned_mass": _share(_mass(pinned), total),
        "unmapped_mass": _share(_mass(new), total),
        "oov_mass": _share(total - _mass(rows), total),
        "examples": [asdict(row) for row in sort_rows(rows)[:n_examples]],
    }


def mass_mapped_right(
    rows: Sequence[MappingRow],
    truth: Mapping[str, str],
    *,
    competition_counts: Mapping[str, int],
    vocabulary: Collection[str],
) -> dict[str, float]:
    """Score a mapping against the true words, in shares of the text mass.

    Args:
        rows: the mapping table.
        truth: token → the plain word behind it; a token that is not in it was never anonymised and stands for
            itself.
        competition_counts: count of every token of the competition, those without a row included.
        vocabulary: the pretrained tokens.

    Returns:
        `matchable`: share of the mass whose true word is a pretrained token; `right_of_all`: share of the
        mass that is mapped to its true word; `right_of_matchable`: the same as a share of the matchable mass;
        and `right_of_anonymised`: as `right_of_matchable`, but without the tokens that were never anonymised.
    """
    vocabulary = frozenset(vocabulary)
    mapped_to = {row.token: row.mapped_to for row in rows}
    matchable = right = matchable_anonymised = right_anonymised = 0
    for token, count in competition_counts.items():
        word = truth.get(token, token)
        if word not in vocabulary:
            continue
        right_count = count if mapped_to.get(token) == word else 0
        matchable, right = matchable + count, right + right_count
        if token in truth:
            matchable_anonymised += count
            right_anonymised += right_count
    total = sum(competition_counts.values())
    return {
        "matchable": _share(matchable, total),
        "right_of_all": _share(right, total),
        "right_of_matchable": _share(right, matchable),
        "right_of_anonymised": _share(right_anonymised, matchable_anonymised),
    }


def _mass(rows: Sequence[MappingRow]) -> int:
    return sum(row.count for row in rows)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
