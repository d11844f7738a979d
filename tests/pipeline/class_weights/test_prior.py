import numpy as np
import pytest
from scipy.special import log_softmax

from pipeline.class_weights import (
    BaggedCoordinate,
    CalibratedPrior,
    Coordinate,
    Prior,
    predict_labels,
    search,
    weighted_macro_f1,
)
from pipeline.class_weights.coordinate import draw_of_each_class
from pipeline.class_weights.objective import normalise
from pipeline.class_weights.prior import TAUS, calibrate, calibrated_family, prior_family, prior_weights


def offset_scores(seed=0, counts=(900, 500, 250, 80, 30)):
    """Probabilities that are right, and the same with a random factor a class; labels."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat(np.arange(5), counts))
    logits = 1.5 * (rng.normal(size=(len(y), 5)) + 1.5 * np.eye(5)[y]) + np.log(counts)
    factors = np.exp(rng.normal(size=5))
    right = np.exp(log_softmax(logits, axis=1))
    return right, right * factors, factors, y


def test_calibration_finds_the_offsets_that_were_put_in():
    right, off, factors, y = offset_scores()
    before, after = calibrate(right, y), calibrate(off, y)
    assert before.sharpness == pytest.approx(after.sharpness, rel=1e-2)
    found = (before.biases - after.biases) / after.sharpness
    np.testing.assert_allclose(found, np.log(factors) - np.log(factors).mean(), atol=0.02)


def test_no_parameters_near_the_calibration_are_likelier():
    _, off, _, y = offset_scores(1)
    fitted = calibrate(off, y)
    best = mean_likelihood(off, y, fitted.sharpness, fitted.biases)
    rng = np.random.default_rng(0)
    for _ in range(200):
        nearby = mean_likelihood(
            off, y, fitted.sharpness * np.exp(rng.normal() * 0.02), fitted.biases + rng.normal(size=5) * 0.05
        )
        assert nearby < best + 1e-5


def mean_likelihood(scores, y, sharpness, biases):
    return log_softmax(sharpness * np.log(scores) + biases, axis=1)[np.arange(len(y)), y].mean()


def test_calibrated_weights_undo_random_offsets_and_the_prior_alone_cannot():
    right, off, _, y = offset_scores(2)
    on_right = search(right, y, Prior()).score
    assert search(off, y, CalibratedPrior()).score > on_right - 0.02
    assert search(off, y, Prior()).score < on_right - 0.03


def test_calibrated_weights_are_the_calibrated_probabilities_over_the_prior():
    _, off, _, y = offset_scores(3)
    sharpness, biases = calibrate(off, y)
    probs = np.exp(log_softmax(sharpness * np.log(off) + biases, axis=1))
    for tau, weights in zip(TAUS[::20], calibrated_family(off, y)[::20], strict=True):
        expected = (probs * prior_weights(y, 5, tau)).argmax(axis=1)
        assert np.mean(predict_labels(off, weights) == expected) > 0.999


def test_prior_takes_the_best_tau():
    _, off, _, y = offset_scores(4)
    reached = [weighted_macro_f1(off, y, weights) for weights in prior_family(off, y)]
    assert search(off, y, Prior()).score == pytest.approx(max(reached))


@pytest.mark.parametrize("scores", [np.ones((40, 3)), np.zeros((40, 3)), np.eye(3)[np.arange(40) % 3]])
def test_scores_that_say_nothing_or_everything_calibrate_to_something_finite(scores):
    y = np.repeat([0, 2], 20)
    family = calibrated_family(scores.astype(float), y)
    assert np.isfinite(family).all()
    assert family.min() > 0


def test_bagged_weights_are_the_mean_in_log_space():
    _, off, _, y = offset_scores(5)
    found, _ = BaggedCoordinate(bags=3, share=0.6).fit(off, y, seed=7)
    rng = np.random.default_rng(7)
    logs = []
    for _ in range(3):
        rows = draw_of_each_class(y, 0.6, rng)
        logs.append(np.log(normalise(Coordinate().fit(off[rows], y[rows], 0).weights)))
    np.testing.assert_allclose(found, np.exp(np.mean(logs, axis=0)))


def test_a_sample_holds_its_share_of_every_class_and_one_row_at_least():
    y = np.repeat([0, 1, 3], [100, 11, 1])
    counts = np.zeros(4)
    for seed in range(200):
        rows = draw_of_each_class(y, 0.5, np.random.default_rng(seed))
        assert len(np.unique(rows)) == len(rows)
        drawn = np.bincount(y[rows], minlength=4)
        assert drawn[0] == 50 or drawn[0] == 51
        assert drawn[1] in (5, 6)
        assert drawn[2:].tolist() == [0, 1]
        counts += drawn
    assert counts[1] / 200 == pytest.approx(5.5, abs=0.15)


def test_wrong_arguments_of_bagging_are_named():
    with pytest.raises(ValueError, match="bags is 0"):
        BaggedCoordinate(bags=0)
    with pytest.raises(ValueError, match=r"share is 1\.5"):
        BaggedCoordinate(share=1.5)
