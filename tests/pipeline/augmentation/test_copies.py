from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import registry
from pipeline.augmentation.copies import make_copies
from pipeline.augmentation.inputs import stream
from pipeline.words.segmenter import make_segmenter

SEGMENTER = make_segmenter({"name": "whitespace"}, [])
ROWS = {f"r{i}": " ".join(f"w{j}" for j in range(i % 12)) for i in range(40)}


def copies_of(rows, method="random_swap", copies=2, seed=0, **arguments):
    made = partial(registry.load("augmentation", method), **(arguments or {"share": 0.2}))
    ids, texts = list(rows), list(rows.values())
    return make_copies(ids, texts, made, segmenter=SEGMENTER, source=None, copies=copies, seed=seed)


def test_every_copy_is_new():
    table = copies_of(ROWS, copies=3)
    assert table.columns.tolist() == ["row_id", "copy", "text"]
    assert set(table["copy"]) == {0, 1, 2}
    assert not table.duplicated(["row_id", "text"]).any()
    assert all(text != ROWS[row] and text.strip() for row, text in zip(table["row_id"], table["text"], strict=True))
    assert "r0" not in set(table["row_id"]), "no words"
    assert "r1" not in set(table["row_id"]), "one word cannot be swapped"
    assert (table["row_id"] == "r2").sum() == 1, "two words can be swapped in one way"


@settings(max_examples=20)
@given(kept=st.sets(st.sampled_from(sorted(ROWS))), order=st.randoms(use_true_random=False))
def test_other_rows_do_not_change_a_rows_copies(kept, order):
    ids = sorted(kept)
    order.shuffle(ids)
    some = copies_of({row: ROWS[row] for row in ids})
    every = copies_of(ROWS)
    expected = every[every["row_id"].isin(kept)].sort_values(["row_id", "copy"]).reset_index(drop=True)
    found = some.sort_values(["row_id", "copy"]).reset_index(drop=True)
    assert found.to_numpy().tolist() == expected.to_numpy().tolist()


def test_seed_row_and_copy_make_the_stream():
    first = stream(1, "r", 0).integers(0, 2**62)
    assert stream(1, "r", 0).integers(0, 2**62) == first
    others = [stream(2, "r", 0), stream(1, "q", 0), stream(1, "r", 1), stream(1, "", 0)]
    assert len({first, *(rng.integers(0, 2**62) for rng in others)}) == 5
    assert stream(1, "1", 1).integers(0, 2**62) != stream(11, "1", 1).integers(0, 2**62)
    assert not copies_of(ROWS, seed=0).equals(copies_of(ROWS, seed=1))


def test_no_copy_at_all():
    table = copies_of({"a": "word", "b": ""})
    assert len(table) == 0
    assert table.columns.tolist() == ["row_id", "copy", "text"]
    assert table["copy"].dtype == np.int64


@pytest.mark.parametrize("text", ["", " ", "\u3000"])
def test_what_came_back_empty_is_left_out(text):
    table = make_copies(
        ["a", "b"], ["x", "y"], lambda inputs: [text, "z"], segmenter=SEGMENTER, source=None, copies=1, seed=0
    )
    assert table["row_id"].tolist() == ["b"]
