"""Shares of what is masked, and units of masking against versions that walk through every token."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.training.masking import mask_tokens, ngram, token, whole_word

MASK, V, N_SPECIAL = 4, 1000, 5


def one_by_one(input_ids):
    return torch.arange(input_ids.shape[1]).expand(input_ids.shape)


def mask(input_ids, maskable, seed=0, mlm_probability=0.15, units=None):
    return mask_tokens(
        input_ids,
        maskable,
        one_by_one(input_ids) if units is None else units,
        mask_id=MASK,
        vocab_size=V,
        n_special=N_SPECIAL,
        mlm_probability=mlm_probability,
        generator=torch.Generator().manual_seed(seed),
    )


def near(count, n, p):
    """Within 4 standard deviations of a binomial."""
    return abs(count - n * p) < 4 * (n * p * (1 - p)) ** 0.5


@pytest.fixture(scope="module")
def large():
    """A million tokens of which a tenth is not maskable."""
    generator = torch.Generator().manual_seed(5)
    input_ids = torch.randint(N_SPECIAL, V, (1000, 1000), generator=generator)
    return input_ids, torch.rand(1000, 1000, generator=generator) > 0.1


@pytest.mark.parametrize("mlm_probability", [0.15, 0.4])
def test_shares(large, mlm_probability):
    input_ids, maskable = large
    masked, chosen = mask(input_ids, maskable, mlm_probability=mlm_probability)
    n_maskable, n_chosen = int(maskable.sum()), int(chosen.sum())
    hidden = chosen & (masked == MASK)
    changed = chosen & (masked != MASK) & (masked != input_ids)
    assert near(n_chosen, n_maskable, mlm_probability)
    assert near(int(hidden.sum()), n_chosen, 0.8)
    same = 1 / (V - N_SPECIAL)  # the chance that a random token is the token itself
    assert near(int(changed.sum()), n_chosen, 0.1 * (1 - same))
    assert near(int((chosen & (masked == input_ids)).sum()), n_chosen, 0.1 + 0.1 * same)


def test_only_chosen_tokens_change_and_only_maskable_are_chosen(large):
    input_ids, maskable = large
    before = input_ids.clone()
    masked, chosen = mask(input_ids, maskable)
    assert torch.equal(input_ids, before)
    assert not (chosen & ~maskable).any()
    assert torch.equal(masked[~chosen], input_ids[~chosen])


def test_random_tokens_are_spread_over_all_ordinary_ids(large):
    input_ids, maskable = large
    masked, chosen = mask(input_ids, maskable)
    drawn = masked[chosen & (masked != MASK) & (masked != input_ids)]
    assert drawn.min() == N_SPECIAL
    assert drawn.max() == V - 1
    counts = torch.bincount(drawn, minlength=V)[N_SPECIAL:].float()
    expected = len(drawn) / (V - N_SPECIAL)
    chi_squared = ((counts - expected) ** 2 / expected).sum() / (V - N_SPECIAL - 1)
    assert 0.7 < chi_squared < 1.3


def test_the_choice_depends_on_the_seed_alone(large):
    (masked, chosen), (again, chosen_again), (other, _) = mask(*large), mask(*large), mask(*large, seed=1)
    assert torch.equal(masked, again)
    assert torch.equal(chosen, chosen_again)
    assert not torch.equal(masked, other)


def test_masks_are_dynamic(large):
    generator = torch.Generator().manual_seed(0)
    settings = {"mask_id": MASK, "vocab_size": V, "n_special": N_SPECIAL, "mlm_probability": 0.15}
    units = one_by_one(large[0])
    first, second = (mask_tokens(*large, units, **settings, generator=generator)[1] for _ in range(2))
    both = int((first & second).sum())
    assert near(both, int(large[1].sum()), 0.15**2)


@settings(max_examples=50)
@given(seed=st.integers(0, 2**31), mlm_probability=st.floats(0.01, 0.99))
def test_what_is_not_maskable_is_never_touched(seed, mlm_probability):
    generator = torch.Generator().manual_seed(seed)
    input_ids = torch.randint(0, V, (4, 12), generator=generator)
    maskable = (input_ids >= N_SPECIAL) & (torch.rand(4, 12, generator=generator) > 0.3)
    masked, chosen = mask(input_ids, maskable, seed, mlm_probability)
    assert torch.equal(masked[~maskable], input_ids[~maskable])
    assert not chosen[~maskable].any()


# --- units -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pairs(large):
    """Units of two tokens that lie apart: the first and the last of a row, the second and the last but one …"""
    columns = torch.arange(1000)
    return torch.minimum(columns, 999 - columns).expand(1000, 1000)


def test_a_unit_is_chosen_and_treated_as_a_whole(large, pairs):
    input_ids = large[0]
    masked, chosen = mask(input_ids, torch.ones_like(input_ids, dtype=torch.bool), units=pairs)
    assert torch.equal(chosen, chosen.flip(1))
    hidden, kept = chosen & (masked == MASK), chosen & (masked == input_ids)
    assert torch.equal(hidden, hidden.flip(1))
    same_by_chance = int((kept ^ kept.flip(1)).sum())  # a random token may be the token itself
    assert same_by_chance < 0.01 * int(kept.sum())


def test_shares_are_those_of_tokens(large, pairs):
    input_ids, maskable = large
    masked, chosen = mask(input_ids, maskable, units=pairs)
    n_chosen = int(chosen.sum())
    assert abs(n_chosen / int(maskable.sum()) - 0.15) < 0.002
    assert abs(int((chosen & (masked == MASK)).sum()) / n_chosen - 0.8) < 0.005
    assert not (chosen & ~maskable).any()


def test_units_of_one_token_are_tokens_drawn_one_by_one(large):
    """The bytes of trainings made before there were units."""
    input_ids, maskable = large
    generator = torch.Generator().manual_seed(3)
    draw = torch.rand(input_ids.shape, generator=generator)
    random_ids = torch.randint(N_SPECIAL, V, input_ids.shape, generator=generator)
    expected = torch.where((draw < 0.12) & maskable, MASK, input_ids)
    expected = torch.where((draw >= 0.12) & (draw < 0.135) & maskable, random_ids, expected)
    masked, chosen = mask(input_ids, maskable, seed=3)
    assert torch.equal(chosen, (draw < 0.15) & maskable)
    assert (masked != expected).sum() < 5  # 0.12 is rounded to fp32 in another place


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
