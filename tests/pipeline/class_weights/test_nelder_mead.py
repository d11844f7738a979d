import numpy as np
import pytest

from pipeline.class_weights.nelder_mead import maximise, open_simplexes


def rosenbrock(points):
    return -(100 * (points[:, 1] - points[:, 0] ** 2) ** 2 + (1 - points[:, 0]) ** 2)


def test_every_simplex_finds_the_top_and_rests():
    centres = np.array([[-1.2, 1.0], [0.0, 0.0], [2.0, -1.0]])
    simplexes = open_simplexes(centres, 1.0, np.random.default_rng(0))
    ends, values, used = maximise(rosenbrock, simplexes, 5000, smallest=1e-4)
    np.testing.assert_allclose(ends, np.ones((3, 2)), atol=1e-3)
    np.testing.assert_allclose(values, rosenbrock(ends))
    assert used < 1500


def test_each_simplex_goes_its_own_way_whoever_goes_beside_it():
    centres = np.random.default_rng(1).normal(size=(4, 3))

    def objective(points):
        return -np.abs(points - [1, 2, 3]).sum(axis=1)

    simplexes = open_simplexes(centres, 0.5, np.random.default_rng(2))
    together, _, _ = maximise(objective, simplexes.copy(), 10**6, 1e-3)
    alone = [maximise(objective, simplexes[[k]].copy(), 10**6, 1e-3)[0][0] for k in range(4)]
    np.testing.assert_array_equal(together, alone)


def test_the_best_corner_never_falls_and_the_budget_is_kept():
    calls = []

    def steps(points):
        calls.append(len(points))
        return np.floor(-np.abs(points).sum(axis=1) * 3)  # piecewise constant: ties everywhere

    simplexes = open_simplexes(np.full((2, 5), 4.0), 1.0, np.random.default_rng(0))
    first = steps(simplexes.reshape(-1, 5)).reshape(2, -1).max(axis=1)
    calls.clear()
    _, values, used = maximise(steps, simplexes, 300, 1e-3)
    assert (values >= first).all()
    assert used == sum(calls) <= 300


def test_a_first_simplex_has_one_edge_along_each_axis():
    (simplex,) = open_simplexes(np.array([[1.0, 2.0, 3.0]]), 0.5, np.random.default_rng(0))
    np.testing.assert_array_equal(simplex[0], [1, 2, 3])
    assert np.abs(simplex[1:] - simplex[0]) == pytest.approx(np.eye(3) * 0.5)
