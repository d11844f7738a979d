from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.data.labels import LabelSet
from pipeline.members.rows import as_labelled, class_counts, rows_of_competition


def rows(label_ids, fold_ids, copy_of=()):
    classes = LabelSet([str(i) for i in range(max(label_ids) + 1)], [], [])
    return rows_of_competition(None, np.array(label_ids), classes, np.atleast_2d(fold_ids), copy_of)


def split(label_ids, of_rows, share, seed):
    """The split of some rows, every one of which some fold holds out."""
    label_ids = np.asarray(label_ids)
    return rows(label_ids, np.arange(len(label_ids)) % 2).split(np.asarray(of_rows), share, seed)


# ── Who trains on what ──────────────────────────────────────────────────────────────────────────────────────────


def test_folds_by_hand():
    """Five rows in two folds, the last one in neither, and copies of rows 3, 1 and 4."""
    made = rows([0, 1, 0, 1, 1], [0, 1, 0, 1, -1], [3, 1, 4])
    assert [made.train_rows(fold).tolist() for fold in (0, 1)] == [[1, 3, 4], [0, 2, 4]]
    assert [made.held_out_rows(fold).tolist() for fold in (0, 1)] == [[0, 2], [1, 3]]
    assert made.with_copies(made.train_rows(0)).tolist() == [1, 3, 4, 5, 6, 7]
    assert made.with_copies(made.train_rows(1)).tolist() == [0, 2, 4, 7]
    assert made.label_ids.tolist() == [0, 1, 0, 1, 1, 1, 1, 1]
    assert made.weights.tolist() == [1.0] * 8
    assert made.trains.sum(axis=1).tolist() == [6, 4]


def test_folds_of_several_repeats_stand_one_after_the_other():
    made = rows([0, 0, 1, 1], [[0, 1, 0, 1], [1, 1, 0, 0]])
    assert [made.held_out_rows(fold).tolist() for fold in range(4)] == [[0, 2], [1, 3], [2, 3], [0, 1]]


@given(copy_of=st.lists(st.integers(0, 9), max_size=20), of_rows=st.sets(st.integers(0, 9)))
def test_a_copy_is_in_where_its_row_is(copy_of, of_rows):
    made = rows([0] * 10, np.arange(10) % 3, copy_of)
    found = made.with_copies(np.array(sorted(of_rows), dtype=int)).tolist()
    assert found[: len(of_rows)] == sorted(of_rows)
    assert found[len(of_rows) :] == [10 + i for i, row in enumerate(copy_of) if row in of_rows]


# ── A part to stop on ───────────────────────────────────────────────────────────────────────────────────────────


@st.composite
def splits(draw):
    labels = np.array(draw(st.lists(st.integers(0, 4), min_size=1, max_size=60)))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    of_rows = rng.permutation(len(labels))[: rng.integers(1, len(labels) + 1)]
    return labels, of_rows, draw(st.floats(0.01, 0.99)), seed


@settings(max_examples=100)
@given(drawn=splits())
def test_parts_share_the_rows_and_every_class_is_trained_on(drawn):
    labels, of_rows, share, _ = drawn
    train, stop = split(*drawn)
    assert sorted([*train, *stop]) == sorted(of_rows)
    assert train.tolist() == sorted(train)
    assert stop.tolist() == sorted(stop)
    assert set(labels[train]) == set(labels[of_rows])
    for label in set(labels[of_rows]):
        n = int((labels[of_rows] == label).sum())
        assert (labels[stop] == label).sum() == min(round(n * share), n - 1)


def test_another_seed_stops_on_other_rows():
    labels = np.zeros(200, dtype=int)
    first, again, second = (split(labels, np.arange(200), 0.2, seed)[1] for seed in (0, 0, 1))
    assert len(first) == len(second) == 40
    assert first.tolist() == again.tolist() != second.tolist()


def test_classes_too_small_for_the_share_leave_nothing_to_stop_on():
    train, stop = split([0, 1, 2, 2], np.arange(4), 0.1, 0)
    assert train.tolist() == [0, 1, 2, 3]
    assert stop.tolist() == []


def test_rows_that_no_fold_holds_out_are_trained_on_and_never_scored():
    made = rows([0] * 20, [-1] * 10 + [0, 1] * 5)
    train, stop = made.split(made.train_rows(0), 0.4, 0)
    assert stop.tolist() == sorted(stop)
    assert len(stop) == 2, "of the five that fold 1 holds out"
    assert set(stop) < {11, 13, 15, 17, 19}
    assert {*range(10)} < set(train)


# ── Targets ─────────────────────────────────────────────────────────────────────────────────────────────────────


def with_targets(targets, weights):
    made = rows([0] * len(targets), [0] * len(targets))
    n_classes = 4 if targets.ndim == 1 else targets.shape[1]
    classes = LabelSet([str(i) for i in range(n_classes)], [], [])
    return replace(made, targets=targets, weights=np.array(weights), classes=classes)


def test_counts_of_ids_and_of_probabilities():
    ids = with_targets(np.array([0, 2, 2, 1]), [1, 1, 0.5, 1])
    assert class_counts(ids, np.array([0, 1, 2])).tolist() == [1, 0, 1.5, 0]
    soft = with_targets(np.array([[0.25, 0.75, 0], [1, 0, 0]]), [2, 1])
    assert class_counts(soft, np.array([0, 1])).tolist() == [1.5, 1.5, 0]


def test_rows_as_examples_by_hand():
    ids = with_targets(np.array([1, 0, 2]), [1, 1, 0.5])
    assert [part.tolist() for part in as_labelled(ids, np.array([2, 0]))] == [[2, 0], [2, 1], [0.5, 1]]
    soft = with_targets(np.array([[0.25, 0.75, 0], [0, 1, 0], [0.5, 0, 0.5]]), [2.0, 0.0, 1.0])
    found = as_labelled(soft, np.array([2, 0, 1]))
    assert [part.tolist() for part in found] == [[2, 2, 0, 0], [0, 2, 0, 1], [0.5, 0.5, 0.5, 1.5]], "1 has no weight"


@given(seed=st.integers(0, 2**32 - 1))
def test_examples_have_the_cross_entropy_of_the_rows(seed):
    rng = np.random.default_rng(seed)
    targets = rng.dirichlet(np.full(4, 0.5), 7) * (rng.random((7, 4)) > 0.3)
    weights, of_rows = rng.random(7), rng.permutation(7)[:5]
    log_p = np.log(rng.dirichlet(np.ones(4), 7))
    expected = -sum(weights[row] * targets[row, k] * log_p[row, k] for row in of_rows for k in range(4))
    examples, labels, of_examples = as_labelled(with_targets(targets, weights), of_rows)
    assert -(of_examples * log_p[examples, labels]).sum() == pytest.approx(expected)
