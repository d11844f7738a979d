from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.stackdocs.anonymise import anonymise, draw_vocabulary
from pipeline.data.stackdocs.prose import is_word, tokenize

TEXTS = [tokenize("The mean, the mode (or 42) of 中文 x_1!"), tokenize("the variance of 7 things")]


@given(st.lists(st.text(max_size=40), max_size=8), st.integers(0, 2**32))
def test_words_and_numbers_are_a_bijection(texts: list[str], seed: int) -> None:
    tokens = [tokenize(text) for text in texts]
    vocabulary = draw_vocabulary(tokens, seed)
    assert set(vocabulary) == {token for text in tokens for token in text if is_word(token)}
    assert sorted(map(int, vocabulary.values())) == list(range(len(vocabulary)))
    words = {number: word for word, number in vocabulary.items()}
    assert [[words.get(t, t) for t in anonymise(text, vocabulary).split(" ")] for text in tokens if text] == [
        text for text in tokens if text
    ]


def test_numbers_are_hidden_and_punctuation_is_not() -> None:
    vocabulary = draw_vocabulary(TEXTS, seed=0)
    tokens = anonymise(TEXTS[0], vocabulary).split(" ")
    assert [t for t in tokens if not t.isdecimal()] == [",", "(", ")", "!"]
    assert tokens[0] == tokens[3]  # the same word, the same number
    assert "42" in vocabulary


def test_the_permutation_is_secret_and_seeded() -> None:
    texts = [[f"w{n}" for n in range(100)]]
    first = draw_vocabulary(texts, seed=0)
    assert draw_vocabulary(reversed([*texts, *texts]), seed=0) == first
    assert draw_vocabulary(texts, seed=1) != first
    assert sum(word == f"w{number}" for word, number in first.items()) < 10
