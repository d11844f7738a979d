"""Units of masking, against versions that walk through every token."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.training.masking.mask import mask_tokens
from pipeline.training.masking.ngram import ngram
from pipeline.training.masking.token import token
from pipeline.training.masking.whole_word import whole_word

STARTS = st.integers(1, 30).flatmap(lambda n: st.lists(st.lists(st.booleans(), min_size=n, max_size=n), min_size=1))
MACBERT = [0.4, 0.3, 0.2, 0.1]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def runs_of(units):
    """The lengths of the runs of equal numbers in a row."""
    return [len(list(group)) for _, group in itertools.groupby(units)]


def words_by_hand(row):
    words, word = [], 0
    for index, starts in enumerate(row):
        word += bool(starts and index)
        words.append(word)
    return words


@given(STARTS)
def test_every_token_is_a_unit(rows):
    starts = torch.tensor(rows)
    assert token(starts, generator()).tolist() == [list(range(starts.shape[1]))] * len(rows)


@given(STARTS)
def test_words_are_those_found_token_by_token(rows):
    assert whole_word(torch.tensor(rows), generator()).tolist() == [words_by_hand(row) for row in rows]


@given(STARTS, st.integers(0, 2**31))
def test_ngrams_are_runs_of_whole_words_from_0_on(rows, seed):
    starts = torch.tensor(rows)
    units = ngram(starts, generator(seed), probabilities=MACBERT)
    for row, of_row in zip(rows, units.tolist(), strict=True):
        assert of_row == sorted(of_row)
        assert sorted(set(of_row)) == list(range(of_row[-1] + 1))
        words = words_by_hand(row)
        unit_of = dict(zip(words, of_row, strict=True))
        assert [unit_of[word] for word in words] == of_row, "a word is cut"
        assert max(runs_of([unit_of[word] for word in dict.fromkeys(words)])) <= 4


def test_lengths_of_hidden_runs_have_the_probabilities():
    """Chosen whatever their length; the last run of a row, which the row's end cuts, is left out."""
    starts = torch.ones(2000, 200, dtype=torch.bool)
    units = ngram(starts, generator(), probabilities=MACBERT)
    input_ids = torch.full(starts.shape, 9)
    chosen = mask_tokens(
        input_ids, starts, units, mask_id=4, vocab_size=50, n_special=5, mlm_probability=0.15, generator=generator(1)
    )[1]
    lengths = torch.zeros(units.shape, dtype=torch.long).scatter_add_(1, units, torch.ones_like(units))
    is_chosen = torch.zeros(units.shape, dtype=torch.bool).scatter_(1, units, chosen)
    not_last = torch.arange(units.shape[1]) < units[:, -1:]
    counts = torch.bincount(lengths[is_chosen & not_last], minlength=5)[1:].double()
    expected = torch.tensor(MACBERT, dtype=torch.double) * counts.sum()
    # A long run is the one that the row's end cuts more often than a short one: about 1 % here.
    assert (abs(counts - expected) < 0.03 * expected).all(), counts / counts.sum()
    assert abs(chosen.double().mean() - 0.15) < 0.002


def test_probabilities_need_not_sum_to_1():
    starts = torch.ones(3, 50, dtype=torch.bool)
    assert ngram(starts, generator(), probabilities=[0.0, 5.0]).tolist() == [[i // 2 for i in range(50)]] * 3


def test_another_seed_cuts_other_runs():
    starts = torch.ones(3, 50, dtype=torch.bool)
    first, same, other = (ngram(starts, generator(seed), probabilities=MACBERT) for seed in (0, 0, 1))
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("probabilities", [[], [0.0, 0.0], [0.5, -0.1]])
def test_probabilities_that_are_none_are_refused(probabilities):
    with pytest.raises(UserError, match=r"masking ngram: got probabilities .* are allowed"):
        ngram(torch.ones(1, 3, dtype=torch.bool), generator(), probabilities=probabilities)


@settings(max_examples=50)
@given(STARTS, st.integers(0, 2**31), st.floats(0.05, 0.9), st.data())
def test_words_are_hidden_whole_and_special_tokens_never(rows, seed, mlm_probability, data):
    """In all units: what is not maskable stays, and of a word's maskable tokens all are chosen or none."""
    starts = torch.tensor(rows)
    shape = {"min_size": starts.numel(), "max_size": starts.numel()}
    maskable = torch.tensor(data.draw(st.lists(st.booleans(), **shape))).view(starts.shape)
    input_ids = torch.randint(5, 50, starts.shape, generator=generator(seed))
    for unit in (token, whole_word, lambda *args: ngram(*args, probabilities=MACBERT)):
        masked, chosen = mask_tokens(
            input_ids,
            maskable,
            unit(starts, generator(seed)),
            mask_id=4,
            vocab_size=50,
            n_special=5,
            mlm_probability=mlm_probability,
            generator=generator(seed),
        )
        assert torch.equal(masked[~chosen], input_ids[~chosen])
        assert not (chosen & ~maskable).any()
        if unit is token:
            continue
        for row, row_chosen, row_maskable in zip(rows, chosen.tolist(), maskable.tolist(), strict=True):
            fates = {}
            for word, is_chosen, may_be in zip(words_by_hand(row), row_chosen, row_maskable, strict=True):
                fates.setdefault(word, set()).update([is_chosen] if may_be else [])
            assert all(len(of_word) <= 1 for of_word in fates.values())
