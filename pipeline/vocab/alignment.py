"""What every alignment method is given and what it returns; and the word-level tokenizer with its rows.

A method is `method(inputs: AlignmentInputs, *, options…) -> Alignment`: one function here and one line
in `pipeline.registry` under `alignment`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pipeline.vocab.counts import count_tokens
from pipeline.vocab.mapping import MappingRow
from pipeline.vocab.tokenizers import (
    SPECIAL_TOKENS,
    order_special_tokens,
    special_token_ids,
    word_level_tokenizer,
)

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

NEW_ROW = -1


@dataclass(frozen=True)
class AlignmentInputs:
    """The inputs of an alignment method, from which each method takes what it needs.

    Args:
        texts: the competition's corpus; may be walked more than once.
        tokenizer: the pretrained checkpoint's fast tokenizer.
        min_count: tokens that occur less often get no row of their own.
        split: how the competition's texts are cut into tokens, a name of `pipeline.vocab.splits.SPLITS`.
        plain_counts: how often each pretrained token occurs in plain text of the same language.
        plain_texts: the plain text itself.
        width: of the encoder's word embedding.
        seed: of a method that draws or trains.
    """

    texts: Iterable[str]
    tokenizer: "PreTrainedTokenizerBase"
    min_count: int
    split: str
    plain_counts: Mapping[str, int] | None = None
    plain_texts: Sequence[str] | None = None
    width: int = 0
    seed: int = 0


@dataclass(frozen=True)
class Alignment:
    """The result of an alignment method.

    Args:
        table: one row a token of the competition, the most frequent first.
        counts: all tokens of the competition with their counts, rare ones included.
        tokenizer: reads the competition's texts into the new ids.
        rows: [V'] int64, for each new id the old id whose row it takes; -1 for a new row.
        pieces: for some of the new rows the old ids whose mean they start from.
        vectors: for some of the new rows [width] float32, the direction of the word embedding that they start from.
            A new row in neither is drawn.
        evidence: what the method found out about itself, for the report.
    """

    table: list[MappingRow]
    counts: dict[str, int]
    tokenizer: "PreTrainedTokenizerBase"
    rows: npt.NDArray[np.int64]
    pieces: dict[int, list[int]] = field(default_factory=dict)
    vectors: dict[int, npt.NDArray[np.float32]] = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)


def count_competition(inputs: AlignmentInputs) -> dict[str, int]:
    """Count the competition's tokens; what is spelled like a special token is read as one and is left out."""
    counts = count_tokens(inputs.texts, inputs.split)
    return {token: count for token, count in counts.items() if token not in SPECIAL_TOKENS}


def align_words(table: Sequence[MappingRow], counts: Mapping[str, int], inputs: AlignmentInputs) -> Alignment:
    """Build the word-level tokenizer of a table's tokens, in its order, and the old row of each new id."""
    old = inputs.tokenizer
    special_ids = special_token_ids(old)
    special_tokens = order_special_tokens(special_ids)
    tokenizer = word_level_tokenizer(
        [row.token for row in table],
        max_length=old.model_max_length,
        split=inputs.split,
        special_tokens=special_tokens,
        model_input_names=old.model_input_names,
    )
    vocab = old.get_vocab()
    old_ids = [special_ids[token] for token in special_tokens]
    old_ids += [None if row.mapped_to is None else vocab[row.mapped_to] for row in table]
    rows = np.array([NEW_ROW if old_id is None else old_id for old_id in old_ids], dtype=np.int64)
    return Alignment(list(table), dict(counts), tokenizer, rows)
