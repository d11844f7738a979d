"""Training of word vectors (word2vec: Mikolov et al. 2013) by gensim, to the same bytes every time."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UserError
from pipeline.runtime.progress import Progress

RANDOM_SPREAD = 0.1  # standard deviation of vectors that are not trained
LONGEST_SENTENCE = 10_000  # gensim leaves out what is behind it, without a word


def train_word2vec(
    sentences: Sequence[Sequence[str]],
    *,
    dimensions: int,
    window: int,
    min_count: int,
    epochs: int,
    negative: int,
    skip_gram: bool,
    seed: int,
) -> tuple[list[str], NDArray[np.float32]]:
    """Train vectors of the words that occur `min_count` times or more: → words, most frequent first; vectors [V, D].

    `negative` is the number of wrong neighbours beside each true one; without `skip_gram` the model is CBOW. With 0
    `epochs` the vectors are random. Raises UserError where no word is frequent enough.
    The rest is gensim's usual: learning rate from 0.025 down, frequent words thinned out at 1e-3. One thread: with
    more, no two runs are alike. Words of equal count stand in order of their characters.
    """
    counts = Counter(word for sentence in sentences for word in sentence)
    kept = {word: n for word, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if n >= min_count}
    if not kept:
        raise UserError(
            f"word2vec: none of the {len(counts)} words occurs {min_count} times; lower min_count under vectors"
        )
    if epochs == 0:
        random = np.random.default_rng(seed).normal(0.0, RANDOM_SPREAD, (len(kept), dimensions))
        return list(kept), random.astype(np.float32)
    from gensim.models import Word2Vec
    from gensim.models.callbacks import CallbackAny2Vec

    class EpochEnd(CallbackAny2Vec):  # type: ignore[misc]
        def on_epoch_end(self, model: Any) -> None:
            progress.update()

    model = Word2Vec(
        vector_size=dimensions,
        window=window,
        min_count=1,  # the rare ones are out already
        negative=negative,
        sg=int(skip_gram),
        seed=seed,
        workers=1,
        sorted_vocab=0,  # sorted already, ties too
    )
    model.build_vocab_from_freq(kept, corpus_count=len(sentences))
    pieces = [
        list(sentence[start : start + LONGEST_SENTENCE])
        for sentence in sentences
        for start in range(0, len(sentence), LONGEST_SENTENCE)
    ]
    with Progress(epochs, "word2vec", "round") as progress:
        model.train(
            pieces,
            total_examples=len(pieces),
            total_words=sum(counts.values()),
            epochs=epochs,
            callbacks=[EpochEnd()],
        )
    return list(kept), model.wv.vectors.astype(np.float32)
