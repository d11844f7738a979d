import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.data.folds import assign_folds, check_folds, count_split_groups, take_given_folds
from pipeline.errors import UserError


@st.composite
def single_rows(draw):
    n_folds = draw(st.integers(2, 6))
    sizes = draw(st.lists(st.integers(1, 30), min_size=1, max_size=8).filter(lambda sizes: sum(sizes) >= n_folds))
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return np.random.default_rng(draw(st.integers(0, 99))).permutation(labels), n_folds


@st.composite
def pure_groups(draw):
    """Groups of several rows, each of one class."""
    n_folds = draw(st.integers(2, 5))
    group = st.tuples(st.integers(0, 4), st.integers(1, 6))
    drawn = draw(st.lists(group, min_size=n_folds, max_size=40))
    labels = np.array([label for label, rows in drawn for _ in range(rows)])
    groups = np.array([number for number, (_, rows) in enumerate(drawn) for _ in range(rows)])
    order = np.random.default_rng(0).permutation(len(labels))
    return labels[order], groups[order] * 7 - 3, n_folds


def count(fold_ids, labels, n_folds):
    """Rows of each fold and class, [F, C]."""
    return np.array([np.bincount(labels[fold_ids == fold], minlength=labels.max() + 1) for fold in range(n_folds)])


@given(single_rows(), st.integers(0, 1000))
@settings(max_examples=60)
def test_single_rows_are_spread_evenly(drawn, seed):
    labels, n_folds = drawn
    (fold_ids,) = assign_folds(labels, np.arange(len(labels)), n_folds, seed)
    counts = count(fold_ids, labels, n_folds)
    assert counts.sum() == len(labels)
    assert (np.ptp(counts, axis=0) <= 1).all()
    assert np.ptp(counts.sum(axis=1)) <= 1


@given(pure_groups(), st.integers(0, 1000))
@settings(max_examples=60)
def test_groups_stay_whole_and_classes_are_everywhere(drawn, seed):
    labels, groups, n_folds = drawn
    fold_ids = assign_folds(labels, groups, n_folds, seed, repeats=2)
    assert fold_ids.shape == (2, len(labels))
    assert set(np.unique(fold_ids)) == set(range(n_folds))
    for repeat in fold_ids:
        counts = count(repeat, labels, n_folds)
        assert (counts.sum(axis=1) > 0).all()
        for group in np.unique(groups):
            assert len(np.unique(repeat[groups == group])) == 1
        for label in np.unique(labels):
            sizes = np.unique(groups[labels == label], return_counts=True)[1]
            if len(sizes) >= n_folds:
                assert (counts[:, label] > 0).all()
            if len(sizes) >= 2:
                assert (counts[:, label] < counts[:, label].sum()).all()
            # No fold gets more than one group beyond the smallest.
            assert np.ptp(counts[:, label]) <= sizes.max()


@given(st.data())
@settings(max_examples=40)
def test_groups_of_mixed_classes_stay_whole_and_every_row_has_a_fold(data):
    n_rows = data.draw(st.integers(6, 60))
    labels = np.array(data.draw(st.lists(st.integers(0, 4), min_size=n_rows, max_size=n_rows)))
    groups = np.array(data.draw(st.lists(st.integers(0, 30), min_size=n_rows, max_size=n_rows)))
    n_folds = min(3, len(np.unique(groups)))
    if n_folds < 2:
        return
    (fold_ids,) = assign_folds(labels, groups, n_folds, 0)
    assert ((fold_ids >= 0) & (fold_ids < n_folds)).all()
    assert len(np.unique(np.stack([groups, fold_ids]), axis=1).T) == len(np.unique(groups))


def test_dialogues_with_many_classes_are_balanced():
    rng = np.random.default_rng(0)
    groups = np.sort(rng.integers(0, 300, 3000))
    labels = rng.choice(5, size=3000, p=[0.5, 0.3, 0.15, 0.04, 0.01])
    (fold_ids,) = assign_folds(labels, groups, 5, 0)
    counts = count(fold_ids, labels, 5)
    assert np.ptp(counts.sum(axis=1)) <= 30
    assert (np.ptp(counts, axis=0) <= [15, 15, 15, 6, 3]).all()


def test_same_seed_same_folds_and_repeats_differ():
    labels = np.random.default_rng(0).integers(0, 5, 200)
    groups = np.arange(200)
    three = assign_folds(labels, groups, 5, seed=7, repeats=3)
    assert np.array_equal(three, assign_folds(labels, groups, 5, seed=7, repeats=3))
    assert np.array_equal(three[:1], assign_folds(labels, groups, 5, seed=7))  # repeats are added, not changed
    for a, b in [
        (three[0], three[1]),
        (three[1], three[2]),
        (three[0], assign_folds(labels, groups, 5, seed=8)[0]),
    ]:
        assert (a != b).mean() > 0.5


def test_by_hand():
    # Class 0 has two groups of sizes 3 and 1, class 1 has four single rows: folds of 4 and 4 rows.
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    groups = np.array([0, 0, 0, 1, 2, 3, 4, 5])
    (fold_ids,) = assign_folds(labels, groups, 2, 0)
    assert fold_ids[0] == fold_ids[1] == fold_ids[2] != fold_ids[3]
    assert np.bincount(fold_ids[4:]).tolist() == [2, 2]


@pytest.mark.parametrize("seed", range(10))
def test_big_groups_are_dealt_before_small_ones(seed):
    groups = np.array([0] * 6 + [1, 2, 3, 4, 5, 6])
    (fold_ids,) = assign_folds(np.zeros(12, dtype=int), groups, 2, seed)
    assert np.bincount(fold_ids).tolist() == [6, 6]


def test_too_few_groups():
    with pytest.raises(UserError, match=r"folds\.n_folds: got 3, but training has 2 different texts"):
        assign_folds(np.array([0, 1, 1]), np.array([0, 1, 1]), 3, 0)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="one length"):
        assign_folds(np.array([0, 1]), np.array([0]), 2, 0)
    with pytest.raises(ValueError, match="at least 2"):
        assign_folds(np.array([0, 1]), np.array([0, 1]), 1, 0)


def test_no_warnings_where_all_is_well():
    labels = np.repeat([0, 1], 10)
    assert check_folds(assign_folds(labels, np.arange(20), 5, 0), labels, np.arange(20), ["a", "b"]) == []


def test_warnings_name_the_classes_that_folds_lack():
    labels = np.array([0] * 9 + [1, 1, 2])
    groups = np.arange(12)
    few, single = check_folds(assign_folds(labels, groups, 3, 0), labels, groups, ["big", "two", "one"])
    assert few.startswith("fewer than 3 different texts")
    assert few.endswith("some folds hold out none of these classes: two (2), one (1)")
    assert single.startswith("a single text (or group): the fold that holds it out trains without the class")
    assert single.endswith(": one (1)")


def test_warnings_say_when_mixed_groups_are_the_reason():
    labels = np.array([0, 1, 0, 1])
    held_out, training = check_folds(np.array([[0, 1, 0, 1]]), labels, np.arange(4), ["a", "b"])
    assert held_out.startswith("enough texts, but under other labels too")
    assert held_out.endswith("some folds hold out none of these classes: a (2), b (2)")
    assert training.endswith("some folds train on none of these classes: a (2), b (2)")


def test_given_folds_are_taken_as_they_are():
    given = np.array([2, 0, 1, 1, 2])
    fold_ids = take_given_folds(given, n_folds=3, repeats=1)
    assert fold_ids.tolist() == [[2, 0, 1, 1, 2]]
    assert fold_ids.dtype == np.int32
    with pytest.raises(
        UserError, match=r"folds\.n_folds: got 5, but the column .* has 3 different values\. Set it to 3"
    ):
        take_given_folds(given, n_folds=5, repeats=1)
    with pytest.raises(UserError, match=r"folds\.repeats: got 2; .* 1 is allowed"):
        take_given_folds(given, n_folds=3, repeats=2)


def test_rows_of_no_fold_are_no_fold_of_their_own():
    fold_ids = take_given_folds(np.array([-1, 0, 1, -1]), n_folds=2, repeats=1)
    assert fold_ids.tolist() == [[-1, 0, 1, -1]]
    labels, groups = np.array([0, 0, 0, 1]), np.arange(4)
    (warning,) = check_folds(fold_ids, labels, groups, ["a", "b"])
    assert warning.startswith("fewer than 2 different texts (or groups), so some folds hold out none"), warning
    assert count_split_groups(fold_ids[0], np.array([5, 5, 6, 6])) == 2, "a row that is always trained on may leak"


def test_split_groups_are_counted():
    assert count_split_groups(np.array([0, 1, 0, 0, 2, 1]), np.array([7, 7, 7, 8, 9, 9])) == 2
    assert count_split_groups(np.array([0, 1]), np.array([0, 1])) == 0


def test_a_group_bigger_than_a_fold_is_told():
    labels = np.tile([0, 1], 6)
    groups = np.array([0] * 5 + list(range(1, 8)))
    fold_ids = assign_folds(labels, groups, 3, 0)
    (warning,) = check_folds(fold_ids, labels, groups, ["a", "b"])
    assert warning.startswith("one group has 5 of the 12 rows, more than a fold's share")
    groups[4] = 8
    assert check_folds(assign_folds(labels, groups, 3, 0), labels, groups, ["a", "b"]) == []
