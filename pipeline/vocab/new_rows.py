"""Alignments that read no token as another: new rows, drawn at random or learned as word vectors."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from pipeline.vectors.training import train_word2vec
from pipeline.vocab.alignment import Alignment, AlignmentInputs, align_words, count_competition
from pipeline.vocab.counts import frequent_tokens
from pipeline.vocab.frequency import align_by_frequency
from pipeline.vocab.mapping import MappingRow
from pipeline.vocab.pinning import find_pinned
from pipeline.vocab.splits import split_words


def align_random(competition_counts: Mapping[str, int], *, pinned: Mapping[str, str]) -> list[MappingRow]:
    """Give every token but the pinned ones (token → its own pretrained token) a new row; frequent first."""
    return align_by_frequency(competition_counts, {}, pinned=pinned)


def random(inputs: AlignmentInputs, *, pin_rule: Literal["no-digit", "punctuation", "none"]) -> Alignment:
    """Align by `align_random`; the new rows are drawn where the embedding is rebuilt (`remap_embedding`)."""
    counts = count_competition(inputs)
    kept = frequent_tokens(counts, inputs.min_count)
    pinned = find_pinned(kept, inputs.tokenizer, pin_rule)
    return align_words(align_random(kept, pinned=pinned), counts, inputs)


NEGATIVE = 5  # wrong neighbours beside each right one


def embedding(
    inputs: AlignmentInputs, *, pin_rule: Literal["no-digit", "punctuation", "none"], epochs: int, window: int
) -> Alignment:
    """Give every token but the pinned ones a word2vec vector; `remap_embedding` rescales them to the old rows' lengths.

    Args:
        inputs: what every method is given; `width` is the vectors' length, `seed` their training's.
        pin_rule: which tokens are plain and keep their row.
        epochs: how often training goes over the texts.
        window: how many words to either side are context.
    """
    counts = count_competition(inputs)
    kept = frequent_tokens(counts, inputs.min_count)
    pinned = find_pinned(kept, inputs.tokenizer, pin_rule)
    alignment = align_words(align_random(kept, pinned=pinned), counts, inputs)
    sentences = [[t for t in split_words(text, inputs.split) if t in kept] for text in inputs.texts]
    tokens, vectors = train_word2vec(
        sentences,
        dimensions=inputs.width,
        window=window,
        min_count=1,
        epochs=epochs,
        negative=NEGATIVE,
        skip_gram=True,
        seed=inputs.seed,
    )
    vocab = alignment.tokenizer.get_vocab()
    return replace(
        alignment,
        vectors={vocab[token]: vector for token, vector in zip(tokens, vectors, strict=True) if token not in pinned},
    )
