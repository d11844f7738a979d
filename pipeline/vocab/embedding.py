"""Alignment by embedding: word2vec vectors of the competition's own text in place of the word embeddings."""

from dataclasses import replace
from typing import Literal

from pipeline.vectors.training import train_word2vec
from pipeline.vocab.alignment import Alignment, AlignmentInputs, align_words, count_competition
from pipeline.vocab.counts import frequent_tokens
from pipeline.vocab.pinning import find_pinned
from pipeline.vocab.random import align_random
from pipeline.vocab.splits import split_words

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
