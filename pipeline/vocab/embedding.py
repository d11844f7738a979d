"""Alignment by embedding: word2vec vectors of the competition's own text in place of the word embeddings."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal
from zlib import crc32

import numpy as np
import numpy.typing as npt

from pipeline.vocab.alignment import Alignment, AlignmentInputs, align_words, count_competition
from pipeline.vocab.counts import frequent_tokens
from pipeline.vocab.pinning import find_pinned
from pipeline.vocab.random import align_random
from pipeline.vocab.splits import split_words


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
    vectors = train_word2vec(sentences, width=inputs.width, epochs=epochs, window=window, seed=inputs.seed)
    vocab = alignment.tokenizer.get_vocab()
    return replace(alignment, vectors={vocab[t]: vector for t, vector in vectors.items() if t not in pinned})


def train_word2vec(
    sentences: Sequence[Sequence[str]], *, width: int, epochs: int, window: int, seed: int
) -> dict[str, npt.NDArray[np.float32]]:
    """Skip-gram vectors with negative sampling (Mikolov et al. 2013) of every token: token → [width].

    One worker and a fixed hash, so that the same sentences give the same vectors.
    """
    from gensim.models import Word2Vec

    model = Word2Vec(
        sentences,
        vector_size=width,
        window=window,
        min_count=1,
        sg=1,
        epochs=epochs,
        seed=seed,
        workers=1,
        hashfxn=_hash,
    )
    return {token: model.wv[token].copy() for token in model.wv.index_to_key}


def _hash(text: str) -> int:
    return crc32(text.encode("utf-8"))  # Python's own differs from process to process
