from dataclasses import replace
from itertools import chain, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.data.batches import (
    BATCHES_IN_POOL,
    bucketed_batches,
    budgeted_batches,
    classifier_inputs,
    pack,
    pad_batch,
    tokenize,
    tokenize_chunks,
)

few = settings(max_examples=80)
sequences = st.lists(st.lists(st.integers(1, 99), min_size=1, max_size=12), min_size=1, max_size=20)
all_lengths = st.lists(st.integers(1, 40), min_size=1, max_size=150)


def choose_rows(lengths, seed):
    """Some of the rows, in any order."""
    rng = np.random.default_rng(seed)
    return rng.permutation(len(lengths))[: rng.integers(1, len(lengths) + 1)]


def padding(batches, lengths):
    return sum(lengths[batch].max() * len(batch) - lengths[batch].sum() for batch in batches)


# --- packing and padding ---------------------------------------------------------------------------


@few
@given(sequences=sequences, seed=st.integers(0, 2**32 - 1))
def test_padded_batch_equals_the_texts(sequences, seed):
    texts = pack(sequences, pad_id=0)
    rows = np.random.default_rng(seed).integers(0, len(sequences), size=5)  # repeats too
    input_ids, mask = pad_batch(texts, rows)
    assert input_ids.dtype == mask.dtype == np.int64
    assert input_ids.shape == mask.shape == (5, max(len(sequences[row]) for row in rows))
    for i, row in enumerate(rows):
        n = len(sequences[row])
        assert input_ids[i, :n].tolist() == sequences[row]
        assert not input_ids[i, n:].any()
        assert mask[i].tolist() == [1] * n + [0] * (mask.shape[1] - n)


@few
@given(sequences=sequences, multiple=st.integers(1, 9), seed=st.integers(0, 2**32 - 1))
def test_padding_to_a_multiple_adds_nothing_but_padding_and_no_more_than_the_longest_text(sequences, multiple, seed):
    texts = pack(sequences, pad_id=0)
    rows = np.random.default_rng(seed).integers(0, len(sequences), size=5)
    input_ids, mask = pad_batch(texts, rows)
    wide_ids, wide_mask = pad_batch(texts, rows, multiple)
    width, longest = input_ids.shape[1], max(map(len, sequences))
    assert wide_ids.shape[1] == next(n for n in range(width, 99) if n % multiple == 0 or n == longest)
    np.testing.assert_array_equal(wide_ids[:, :width], input_ids)
    np.testing.assert_array_equal(wide_mask[:, :width], mask)
    assert not wide_ids[:, width:].any()
    assert not wide_mask[:, width:].any()


def test_padding_has_the_tokenizers_id():
    input_ids, mask = pad_batch(pack([[5], [6, 7, 1]], pad_id=1), np.array([1, 0]))
    assert input_ids.tolist() == [[6, 7, 1], [5, 1, 1]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]  # a real token with the padding's id is no padding


def test_a_classifier_reads_words_where_texts_have_them():
    texts, rows = pack([[5], [6, 7, 1]], pad_id=1), np.array([1, 0])
    assert len(classifier_inputs(texts, rows)) == 2
    with_words = replace(texts, word_ids=np.array([70, 0, 80, 90], dtype=np.int32))
    for got, expected in zip(classifier_inputs(with_words, rows)[:2], pad_batch(texts, rows), strict=True):
        np.testing.assert_array_equal(got, expected)
    assert classifier_inputs(with_words, rows)[2].tolist() == [[0, 80, 90], [70, 0, 0]]
    shorter = classifier_inputs(with_words, np.array([0]), 2)
    assert [array.tolist() for array in shorter] == [[[5, 1]], [[1, 0]], [[70, 0]]]


def test_pack():
    texts = pack([[1, 2], [], [3]], pad_id=9)
    assert texts.token_ids.tolist() == [1, 2, 3]
    assert texts.offsets.tolist() == [0, 2, 2, 3]
    assert texts.lengths.tolist() == [2, 0, 1]
    assert len(texts) == 3
    assert len(pack([], pad_id=0)) == 0


# --- bucketed batches: one epoch of fine-tuning ----------------------------------------------------


@few
@given(lengths=all_lengths, batch_size=st.integers(1, 7), seed=st.integers(0, 2**32 - 1))
def test_bucketed_epoch_has_each_row_once_in_full_batches(lengths, batch_size, seed):
    lengths = np.array(lengths)
    rows = choose_rows(lengths, seed)
    batches = bucketed_batches(lengths, rows, batch_size, np.random.default_rng(seed))
    assert sorted(np.concatenate(batches).tolist()) == sorted(rows.tolist())
    assert len(batches) == -(-len(rows) // batch_size)
    assert sorted(len(batch) for batch in batches)[1:] == [batch_size] * (len(batches) - 1)


@few
@given(lengths=all_lengths, seed=st.integers(0, 2**32 - 1))
def test_bucketed_epochs_are_drawn_from_the_seed(lengths, seed):
    lengths = np.array(lengths)
    rng, same = np.random.default_rng(seed), np.random.default_rng(seed)
    for _ in range(2):
        pair = [bucketed_batches(lengths, np.arange(len(lengths)), 4, r) for r in (rng, same)]
        assert [batch.tolist() for batch in pair[0]] == [batch.tolist() for batch in pair[1]]


def test_bucketing_leaves_little_padding_and_changes_from_epoch_to_epoch():
    rng = np.random.default_rng(0)
    lengths = rng.integers(3, 120, size=3000)
    rows = np.arange(3000)
    epochs = [bucketed_batches(lengths, rows, 16, rng) for _ in range(2)]
    shuffled = rng.permutation(rows)
    plain = [shuffled[i : i + 16] for i in range(0, 3000, 16)]
    assert padding(epochs[0], lengths) < 0.1 * padding(plain, lengths)
    together = [{frozenset(batch.tolist()) for batch in epoch} for epoch in epochs]
    assert len(together[0] & together[1]) == 0


def test_short_texts_do_not_come_first():
    rng = np.random.default_rng(0)
    lengths = rng.integers(3, 120, size=16 * BATCHES_IN_POOL)  # one pool
    batches = bucketed_batches(lengths, np.arange(len(lengths)), 16, rng)
    means = [lengths[batch].mean() for batch in batches]
    assert abs(np.corrcoef(means, range(len(means)))[0, 1]) < 0.5


# --- budgeted batches: masked-language modelling and inference -------------------------------------


@few
@given(
    lengths=all_lengths,
    batch_tokens=st.integers(1, 200),
    seed=st.integers(0, 2**32 - 1),
    shuffle=st.booleans(),
)
def test_budgeted_pass_has_each_row_once_within_the_budget(lengths, batch_tokens, seed, shuffle):
    lengths = np.array(lengths)
    rows = choose_rows(lengths, seed)
    batches = budgeted_batches(lengths, rows, batch_tokens, np.random.default_rng(seed) if shuffle else None)
    assert sorted(np.concatenate(batches).tolist()) == sorted(rows.tolist())
    for batch in batches:
        assert lengths[batch].max() * len(batch) <= batch_tokens or len(batch) == 1


@few
@given(lengths=all_lengths, batch_tokens=st.integers(40, 200))
def test_budgeted_batches_could_not_take_one_row_more(lengths, batch_tokens):
    lengths = np.array(lengths)
    batches = budgeted_batches(lengths, np.arange(len(lengths)), batch_tokens, rng=None)
    for batch, following in pairwise(batches):
        assert lengths[following[0]] * (len(batch) + 1) > batch_tokens


def test_budgeted_without_rng_is_by_length_with_ties_in_row_order():
    lengths = np.array([5, 2, 5, 2, 9])
    batches = budgeted_batches(lengths, np.arange(5), 10, rng=None)
    assert [batch.tolist() for batch in batches] == [[1, 3], [0, 2], [4]]


def test_budgeted_shuffles_ties_and_batches():
    lengths = np.full(100, 4)
    rng = np.random.default_rng(0)
    first, second = (budgeted_batches(lengths, np.arange(100), 20, rng) for _ in range(2))
    assert {frozenset(batch.tolist()) for batch in first}.isdisjoint(frozenset(batch.tolist()) for batch in second)
    assert first[0].tolist() != sorted(first[0].tolist())


def test_no_rows_make_no_batch():
    assert budgeted_batches(np.array([3]), np.array([], dtype=int), 10, rng=None) == []


# --- tokenising ------------------------------------------------------------------------------------


def bare(texts, tokenizer):
    """Each sequence without its special tokens."""
    special = set(tokenizer.all_special_ids)
    return [[i for i in texts.token_ids[a:b].tolist() if i not in special] for a, b in pairwise(texts.offsets)]


def test_tokenize_cuts_the_end_and_keeps_the_special_tokens(tiny_tokenizer):
    texts = tokenize(tiny_tokenizer, ["a0 a1 a2 a3 a4 a5", "b7", ""], max_length=6)
    decoded = [tiny_tokenizer.decode(texts.token_ids[a:b]) for a, b in pairwise(texts.offsets)]
    assert decoded == ["[CLS] a0 a1 a2 a3 [SEP]", "[CLS] b7 [SEP]", "[CLS] [SEP]"]
    assert texts.pad_id == tiny_tokenizer.pad_token_id


@settings(max_examples=30)
@given(n_words=st.lists(st.integers(0, 50), min_size=1, max_size=6), max_length=st.integers(3, 20))
def test_chunks_lose_no_token(tiny_tokenizer, n_words, max_length):
    words = [token for token in tiny_tokenizer.get_vocab() if not token.startswith("[")]
    documents = [" ".join(words[(i * 7 + k) % len(words)] for k in range(n)) for i, n in enumerate(n_words)]
    chunks = tokenize_chunks(tiny_tokenizer, documents, max_length)
    assert chunks.lengths.max() <= max_length
    expected = [tiny_tokenizer.convert_tokens_to_ids(word) for document in documents for word in document.split()]
    assert list(chain.from_iterable(bare(chunks, tiny_tokenizer))) == expected
    for start, end in pairwise(chunks.offsets):
        assert chunks.token_ids[start] == tiny_tokenizer.cls_token_id
        assert chunks.token_ids[end - 1] == tiny_tokenizer.sep_token_id
    assert len(chunks) == sum(max(1, -(-n // (max_length - 2))) for n in n_words)


@pytest.mark.parametrize("read", [tokenize, tokenize_chunks])
def test_short_texts_are_read_alike(tiny_tokenizer, short_texts, read):
    texts = read(tiny_tokenizer, short_texts, 32)
    assert len(texts) == len(short_texts)
    assert texts.lengths.tolist() == [len(text.split()) + 2 for text in short_texts]
