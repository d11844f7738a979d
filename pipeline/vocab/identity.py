"""Plain text: the pretrained tokenizer and its rows stay; only what it cannot read as one token is added.

An added token starts from the mean of the rows of the pieces that stood for it before, so that the encoder
first reads the text about as it did, and training tells the new tokens apart.
"""

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np

from pipeline.vocab.alignment import NEW_ROW, Alignment, AlignmentInputs
from pipeline.vocab.counts import count_tokens, sort_counts
from pipeline.vocab.mapping import MappingRow
from pipeline.vocab.readings import Reading, count_own_words, read_characters, read_words
from pipeline.vocab.tokenizers import is_word_level, read_pieces

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

UNITS = ("auto", "characters", "words")


def align_identity(readings: Mapping[str, Reading], *, min_count: int) -> list[MappingRow]:
    """Decide for every unit (word or character) whether it stays as it is, is added, or stays unknown.

    A unit is misread where more than half of its occurrences are read in several pieces or as unknown. If it
    occurs at least `min_count` times it is added: a new row, ranked by count. A rarer one is left out of the
    table if it is mostly unknown. All others stay and map to themselves. (More than half: an added token is
    cut out of every word that contains it, so a character must not be added for a few odd words.)
    """
    rows: list[MappingRow] = []
    n_added = 0
    for unit in sort_counts({unit: reading.total for unit, reading in readings.items()}):
        count, n_in_pieces, n_unknown = readings[unit]
        if count >= min_count and 2 * (n_in_pieces + n_unknown) > count:
            n_added += 1
            rows.append(MappingRow(unit, count, n_added, None))
        elif 2 * n_unknown <= count:
            rows.append(MappingRow(unit, count, None, unit))
    return rows


def identity(inputs: AlignmentInputs, *, units: Literal["auto", "characters", "words"]) -> Alignment:
    """Keep the pretrained tokenizer and add the frequent units that it misreads (see `align_identity`).

    `units` is `characters`, `words` (whole words, such as the emoji codes of a platform), or `auto`: words
    where the checkpoint's tokens are whole words, characters elsewhere. Raises ValueError for another word.
    """
    if units not in UNITS:
        raise ValueError(f"unknown units {units!r}, one of: {', '.join(UNITS)}")
    old = inputs.tokenizer
    as_words = units == "words" or (units == "auto" and is_word_level(old))
    if not as_words:
        readings = read_characters(inputs.texts, old)
    elif is_word_level(old):
        readings = read_words(count_own_words(inputs.texts, old), old)
    else:
        readings = read_words(count_tokens(inputs.texts, inputs.split), old)
    table = align_identity(readings, min_count=inputs.min_count)
    added = [row.token for row in table if row.mapped_to is None]
    tokenizer = _add_tokens(old, added, as_words=as_words)
    vocab = tokenizer.get_vocab()
    rows = np.arange(max(vocab.values()) + 1, dtype=np.int64)
    rows[[vocab[token] for token in added]] = NEW_ROW
    counts = {unit: reading.total for unit, reading in readings.items()}
    return Alignment(table, counts, tokenizer, rows, {vocab[token]: _piece_ids(old, token) for token in added})


def _add_tokens(
    tokenizer: "PreTrainedTokenizerBase", tokens: list[str], *, as_words: bool
) -> "PreTrainedTokenizerBase":
    from tokenizers import AddedToken, models

    extended = copy.deepcopy(tokenizer)
    backend = extended.backend_tokenizer
    vocab = backend.get_vocab(with_added_tokens=False)
    if as_words and is_word_level(extended) and len(vocab) == len(extended):
        # An added token would be found inside longer words too (`a` in `a.b`); a vocabulary word is not.
        vocab |= {token: len(vocab) + index for index, token in enumerate(tokens)}
        backend.model = models.WordLevel(vocab, unk_token=backend.model.unk_token)
    else:
        # lstrip: the space before belongs to the token, or SentencePiece would leave a lone marker there.
        extended.add_tokens(
            [AddedToken(token, single_word=as_words, lstrip=True, normalized=False) for token in tokens]
        )
    return extended


def _piece_ids(tokenizer: "PreTrainedTokenizerBase", unit: str) -> list[int]:
    """Return the ids of the unit's known pieces, or of the unknown token where no piece is known."""
    ids = tokenizer.convert_tokens_to_ids(read_pieces(tokenizer, unit))
    assert isinstance(ids, list)  # it was given a list
    return [token_id for token_id in ids if token_id != tokenizer.unk_token_id] or ids
