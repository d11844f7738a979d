"""Two texts of one little language: words follow each other by fixed odds, and one text has every word as a number."""

from typing import NamedTuple

import numpy as np
import pytest

N_WORDS = 120


class World(NamedTuple):
    """`hidden` is text of the same language as `plain` under `key`: number → word; "." is plain in both."""

    plain: list[str]
    hidden: list[str]
    key: dict[str, str]


def write_texts(seed: int, n_texts: int) -> list[list[str]]:
    """Texts of 10 to 30 words from one Markov chain over N_WORDS words of Zipf's frequencies; "." stands in between."""
    language = np.random.default_rng(7)
    frequency = 1 / np.arange(1, N_WORDS + 1)
    odds = frequency * language.gamma(0.3, 1, (N_WORDS, N_WORDS))
    cumulated = np.cumsum(odds / odds.sum(axis=1, keepdims=True), axis=1)
    rng = np.random.default_rng(seed)
    texts = []
    for _ in range(n_texts):
        word = int(rng.choice(N_WORDS, p=frequency / frequency.sum()))
        words = []
        for _ in range(int(rng.integers(10, 31))):
            words.append(f"w{word}" if rng.random() > 0.1 else ".")
            word = min(int(np.searchsorted(cumulated[word], rng.random())), N_WORDS - 1)
        texts.append(words)
    return texts


@pytest.fixture(scope="session")
def world() -> World:
    numbers = np.random.default_rng(3).permutation(N_WORDS)
    key = {str(number): f"w{word}" for word, number in enumerate(numbers)}
    number_of = {word: number for number, word in key.items()}
    hidden = [" ".join(number_of.get(word, word) for word in words) for words in write_texts(1, 1500)]
    return World([" ".join(words) for words in write_texts(2, 1500)], hidden, key)
