import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import registry
from pipeline.errors import UserError
from pipeline.training.samplers import oversample, weighted

COUNTS = (60, 25, 10, 5)
LABELS = np.random.default_rng(0).permutation(np.repeat(np.arange(4), COUNTS))
ROWS = np.random.default_rng(1).permutation(100)[:80]  # of a fold's training part: 20 rows are of other folds


def load(word):
    if word == "oversample":
        pytest.importorskip("imblearn")
    return registry.load("samplers", word)


def draw(word, arguments, seed=0, rows=ROWS, labels=LABELS):
    return load(word)(rows, labels, np.random.default_rng(seed), **arguments)


@pytest.mark.parametrize("word", registry.words("samplers"))
def test_rows_of_other_folds_never_appear(word, piece_arguments):
    for seed in range(5):
        assert set(draw(word, piece_arguments("samplers", word), seed)) <= set(ROWS)


@pytest.mark.parametrize("word", registry.words("samplers"))
def test_epochs_are_of_one_length_and_follow_the_seed(word, piece_arguments):
    arguments = piece_arguments("samplers", word)
    drawn = [draw(word, arguments, seed) for seed in (0, 0, 1)]
    assert len({len(rows) for rows in drawn}) == 1
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert (drawn[0].tolist() == drawn[2].tolist()) is (word == "shuffle")
    rng = np.random.default_rng(0)
    first, second = (load(word)(ROWS, LABELS, rng, **arguments).tolist() for _ in range(2))
    assert (first == second) is (word == "shuffle")


@pytest.mark.parametrize("word", registry.words("samplers"))
def test_one_class_alone_is_drawn_from(word, piece_arguments):
    rows = np.flatnonzero(LABELS == 2)
    assert set(draw(word, piece_arguments("samplers", word), rows=rows)) <= set(rows)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_weighted_draws_classes_by_their_counts(power):
    """Shares of classes over many epochs against those computed by a loop, within 5 standard deviations."""
    n_epochs = 200
    drawn = np.concatenate([draw("weighted", {"power": power}, seed) for seed in range(n_epochs)])
    counts = [sum(LABELS[row] == label for row in ROWS) for label in range(4)]
    chances = [n * n**-power for n in counts]
    for label in range(4):
        share = chances[label] / sum(chances)
        deviation = (share * (1 - share) / len(drawn)) ** 0.5
        assert abs((LABELS[drawn] == label).mean() - share) < 5 * deviation


def test_weighted_draws_the_rows_of_a_class_alike():
    drawn = np.concatenate([draw("weighted", {"power": 1.0}, seed) for seed in range(200)])
    rare = [row for row in ROWS if LABELS[row] == 3]
    times = np.array([(drawn == row).sum() for row in rare])
    assert times.min() > 0.8 * times.mean()


@given(
    labels=st.lists(st.integers(0, 5), min_size=1, max_size=60),
    power=st.sampled_from([0.0, 0.5, 1.0, 3.0]),
    seed=st.integers(0, 99),
)
def test_weighted_gives_as_many_rows_whatever_the_classes(labels, power, seed):
    rows = np.arange(len(labels))
    drawn = weighted(rows, np.array(labels), np.random.default_rng(seed), power=power)
    assert drawn.shape == rows.shape
    assert set(drawn) <= set(rows)


def test_weighted_refuses_a_negative_power():
    with pytest.raises(UserError, match="power"):
        draw("weighted", {"power": -1.0})


@pytest.mark.parametrize("ratio", [0.01, 0.2, 0.5, 1.0])
def test_oversample_keeps_every_row_and_raises_small_classes(ratio):
    drawn = draw("oversample", {"ratio": ratio})
    assert set(drawn) == set(ROWS)
    counts = [sum(LABELS[row] == label for row in ROWS) for label in range(4)]
    expected = [max(n, int(np.ceil(ratio * max(counts)))) for n in counts]
    assert np.bincount(LABELS[drawn]).tolist() == expected


def test_oversample_repeats_rows_of_their_own_class_by_chance():
    pytest.importorskip("imblearn")
    labels = np.array([0] * 400 + [1] * 4)
    drawn = oversample(np.arange(404), labels, np.random.default_rng(0), ratio=1.0)
    times = np.bincount(drawn, minlength=404)
    assert (times[:400] == 1).all()
    assert times[400:].sum() == 400
    assert times[400:].min() > 60
    assert len(set(times[400:].tolist())) > 1  # drawn, not dealt out in turn


@pytest.mark.parametrize("ratio", [0.0, -1.0, 1.5])
def test_oversample_refuses_a_ratio_that_means_nothing(ratio):
    pytest.importorskip("imblearn")
    with pytest.raises(UserError, match="ratio"):
        draw("oversample", {"ratio": ratio})


def test_classes_that_the_rows_do_not_hold_stay_out():
    pytest.importorskip("imblearn")
    rows = np.flatnonzero(LABELS != 1)
    assert 1 not in LABELS[draw("oversample", {"ratio": 1.0}, rows=rows)]
    assert 1 not in LABELS[draw("weighted", {"power": 1.0}, rows=rows)]
