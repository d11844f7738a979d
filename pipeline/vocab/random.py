"""No alignment: every token but the pinned ones gets a new row, drawn at the scale of the old embedding."""

from collections.abc import Mapping
from typing import Literal

from pipeline.vocab.alignment import Alignment, AlignmentInputs, align_words, count_competition
from pipeline.vocab.counts import frequent_tokens
from pipeline.vocab.frequency import align_by_frequency
from pipeline.vocab.mapping import MappingRow
from pipeline.vocab.pinning import find_pinned


def align_random(competition_counts: Mapping[str, int], *, pinned: Mapping[str, str]) -> list[MappingRow]:
    """Give every token but the pinned ones (token → its own pretrained token) a new row; frequent first."""
    return align_by_frequency(competition_counts, {}, pinned=pinned)


def random(inputs: AlignmentInputs, *, pin_rule: Literal["no-digit", "punctuation", "none"]) -> Alignment:
    """Align by `align_random`; the new rows are drawn where the embedding is rebuilt (`remap_embedding`)."""
    counts = count_competition(inputs)
    kept = frequent_tokens(counts, inputs.min_count)
    pinned = find_pinned(kept, inputs.tokenizer, pin_rule)
    return align_words(align_random(kept, pinned=pinned), counts, inputs)
