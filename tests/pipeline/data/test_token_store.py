import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data import token_store
from pipeline.data.batches import pack, tokenize_chunks
from pipeline.data.token_store import open_token_store, read_lengths, read_texts, write_token_store, write_tokenized

SEQUENCES = [[2, 7, 3], [2, 3], [2, 8, 9, 300, 3], [2, 11, 3]]


def same(first, second):
    return (
        first.token_ids.tolist() == second.token_ids.tolist()
        and first.offsets.tolist() == second.offsets.tolist()
        and first.pad_id == second.pad_id
    )


@pytest.fixture
def store(tmp_path):
    return write_tokenized(tmp_path, [pack(SEQUENCES[:3], 0), pack(SEQUENCES[3:], 0)], 400, 0)


def test_holds_what_tokenising_everything_at_once_gives(tmp_path, tiny_tokenizer, short_texts, monkeypatch):
    expected = tokenize_chunks(tiny_tokenizer, short_texts, 8)
    for texts_at_once, characters_at_once in ((7, 10**6), (1000, 50), (1000, 10**6)):
        monkeypatch.setattr(token_store, "TEXTS_AT_ONCE", texts_at_once)
        monkeypatch.setattr(token_store, "CHARACTERS_AT_ONCE", characters_at_once)
        written = write_token_store(tmp_path, tiny_tokenizer, iter(short_texts), 8)
        assert len(written) == len(expected) > len(short_texts)
        assert same(read_texts(written, np.arange(len(written))), expected)
        assert read_lengths(written, np.arange(len(written))).tolist() == expected.lengths.tolist()


def test_opens_as_it_was_written(store):
    assert open_token_store(store.folder) == store
    assert (store.dtype, store.pad_id, len(store)) == ("uint16", 0, 4)


@pytest.mark.parametrize(("vocab_size", "dtype", "largest"), [(65536, "uint16", 65535), (65537, "uint32", 65536)])
def test_ids_take_as_few_bytes_as_the_vocabulary_allows(tmp_path, vocab_size, dtype, largest):
    store = write_tokenized(tmp_path, [pack([[largest, 0]], 0)], vocab_size, 0)
    assert store.dtype == dtype
    assert (tmp_path / "token_ids.bin").stat().st_size == 2 * int(dtype[4:]) // 8
    assert read_texts(store, np.arange(1)).token_ids.tolist() == [largest, 0]


@given(st.sets(st.integers(0, 3)))
def test_reads_any_rows(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("store")
    store = write_tokenized(folder, [pack(SEQUENCES, 5)], 400, 5)
    chosen = np.array(sorted(rows), dtype=np.int64)
    assert same(read_texts(store, chosen), pack([SEQUENCES[row] for row in chosen], 5))
    assert read_lengths(store, chosen).tolist() == [len(SEQUENCES[row]) for row in chosen]


def test_texts_without_tokens_can_be_read(tmp_path):
    """A tokenizer without special tokens makes nothing of some texts."""
    store = write_tokenized(tmp_path, [pack([[], []], 0)], 400, 0)
    assert read_texts(store, np.arange(2)).lengths.tolist() == [0, 0]
