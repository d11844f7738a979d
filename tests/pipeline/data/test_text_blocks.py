from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.data import text_blocks
from pipeline.data.batches import budgeted_batches, pack
from pipeline.data.text_blocks import draw_held_out, stream_batches
from pipeline.data.token_store import write_tokenized


def small_blocks(patch, chunk=3, chunks=2, at_most=10_000):
    patch.setattr(text_blocks, "TEXTS_IN_CHUNK", chunk)
    patch.setattr(text_blocks, "CHUNKS_IN_BLOCK", chunks)
    patch.setattr(text_blocks, "HELD_OUT_AT_MOST", at_most)


@pytest.fixture
def make_store(tmp_path):
    """A store of n texts, text i of which begins with the id i."""

    def make(n_texts):
        rng = np.random.default_rng(0)
        return write_tokenized(
            tmp_path, [pack([[i, *[0] * rng.integers(0, 9)] for i in range(n_texts)], 0)], n_texts, 0
        )

    return make


def texts_of(block, batch):
    return block.token_ids[block.offsets[batch]].tolist()


def batches_of(store, held_out, n_batches, skip=0, batch_tokens=12):
    stream = stream_batches(store, held_out, batch_tokens, np.random.default_rng(1), skip)
    return [texts_of(*batch) for batch in islice(stream, n_batches)]


# --- held-out texts --------------------------------------------------------------------------------


@settings(max_examples=100)
@given(st.integers(2, 300), st.floats(0.001, 0.999), st.integers(1, 50), st.integers(1, 50))
def test_held_out_rows_are_a_share_and_never_all(n_texts, share, at_most, block):
    with pytest.MonkeyPatch.context() as patch:
        small_blocks(patch, 1, block, at_most)
        rows = draw_held_out(n_texts, share, np.random.default_rng(0))
    assert len(rows) == min(max(1, round(n_texts * share)), at_most, n_texts - 1, block)
    assert len(set(rows.tolist())) == len(rows)
    assert rows.tolist() == sorted(rows)
    assert 0 <= rows[0] <= rows[-1] < n_texts


def test_held_out_rows_of_one_block_are_any():
    """As they were drawn before there were blocks: the first of a permutation."""
    expected = np.sort(np.random.default_rng(7).permutation(1000)[:20])
    assert draw_held_out(1000, 0.02, np.random.default_rng(7)).tolist() == expected.tolist()


def test_held_out_rows_of_many_blocks_come_from_everywhere(monkeypatch):
    small_blocks(monkeypatch, 10, 10)
    rows = draw_held_out(1000, 0.05, np.random.default_rng(0))
    assert (np.histogram(rows, bins=5, range=(0, 1000))[0] > 4).all()


# --- batches ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_texts", [2, 6, 7, 20, 61])
def test_an_epoch_takes_every_text_once_that_is_not_held_out(make_store, monkeypatch, n_texts):
    small_blocks(monkeypatch)
    held_out = np.array([0, n_texts // 2]) if n_texts > 2 else np.array([1])
    epochs, seen = [], []
    for batch in batches_of(make_store(n_texts), held_out, 200):
        seen += batch
        if len(seen) == n_texts - len(held_out):
            epochs.append(seen)
            seen = []
    assert len(epochs) >= 2
    for epoch in epochs:
        assert sorted(epoch) == np.setdiff1d(np.arange(n_texts), held_out).tolist()
    assert n_texts < 20 or epochs[0] != epochs[1]


def test_one_block_is_batched_as_a_whole(make_store):
    """The bytes of trainings made before there were blocks."""
    store, held_out = make_store(50), np.array([3, 30])
    rng = np.random.default_rng(1)
    lengths = text_blocks.read_lengths(store, np.arange(50))
    rows = np.setdiff1d(np.arange(50), held_out)
    expected = [batch.tolist() for _ in range(2) for batch in budgeted_batches(lengths, rows, 12, rng)]
    assert batches_of(store, held_out, len(expected)) == expected


def test_blocks_mix_distant_chunks_and_hold_few_texts(make_store, monkeypatch):
    small_blocks(monkeypatch, chunk=5, chunks=4)
    stream = stream_batches(make_store(100), np.array([0]), 12, np.random.default_rng(1))
    blocks = {id(block): block for block, _ in islice(stream, 60)}
    first = next(iter(blocks.values()))
    assert len(first) <= 20
    assert np.ptp(first.token_ids[first.offsets[:-1]]) > 20


@pytest.mark.parametrize("skip", [0, 1, 2, 7, 11, 12, 13, 40, 77])
def test_a_stream_that_is_skipped_into_goes_on_as_if_it_were_not(make_store, monkeypatch, skip):
    small_blocks(monkeypatch)
    store = make_store(25)
    assert batches_of(store, np.array([4]), 20, skip) == batches_of(store, np.array([4]), 20 + skip)[skip:]


def test_skipping_reads_no_tokens(make_store, monkeypatch):
    small_blocks(monkeypatch)
    store = make_store(25)
    read = []
    real = text_blocks.read_texts
    monkeypatch.setattr(text_blocks, "read_texts", lambda *args: read.append(1) or real(*args))
    batches_of(store, np.array([4]), 1, skip=40)
    assert len(read) == 1
