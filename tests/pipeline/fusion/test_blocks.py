"""Members read in blocks of rows, on several threads."""

import numpy as np
import pytest

from pipeline.fusion import blocks, rank_average, run_rounds, vote, vote_scores
from pipeline.fusion.blocks import ROWS, map_blocks, read_blocks

N_ROWS = 2 * ROWS + 7


@pytest.fixture
def probs():
    drawn = np.random.default_rng(0).dirichlet(np.ones(5), size=(4, N_ROWS))
    return drawn.round(1) / drawn.round(1).sum(axis=2, keepdims=True)  # with ties


def test_every_row_comes_once_and_in_order(probs):
    mapped = list(map_blocks(lambda block: (block.rows, block.members[1]), probs))
    assert [rows for rows, _ in mapped] == [slice(0, ROWS), slice(ROWS, 2 * ROWS), slice(2 * ROWS, N_ROWS)]
    assert [rows for rows, _ in mapped] == [rows for _, (rows, _) in mapped] == [b.rows for b in read_blocks(probs)]
    np.testing.assert_array_equal(np.concatenate([part for _, (_, part) in mapped]), probs[1])


@pytest.mark.parametrize("n_cores", [1, 2, 8])
def test_any_number_of_threads_gives_the_same_bits(probs, monkeypatch, n_cores):
    names, ballots = ["a", "b", "c", "d"], {"x": {"voters": ["a", "b"]}, "y": {"voters": ["x", "c", "d"]}}
    rules = (vote, vote_scores, rank_average, lambda given: run_rounds(ballots, given, names)["y"].probs)
    by_row_blocks = [np.concatenate([rule(probs[:, part.rows]) for part in read_blocks(probs)]) for rule in rules]
    monkeypatch.setattr(blocks, "count_cores", lambda: n_cores)
    for rule, expected in zip(rules, by_row_blocks, strict=True):
        np.testing.assert_array_equal(rule(probs), expected)


def test_what_is_wrong_in_the_last_block_is_told(probs):
    probs[2, -1, 3] = np.nan
    with pytest.raises(ValueError, match="probs of member 2 holds values that are not finite"):
        vote(probs)
