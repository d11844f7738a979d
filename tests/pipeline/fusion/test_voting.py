from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.fusion import vote, vote_scores

TIES = ["first", "probability", "rank", "winners_probability"]

few = settings(max_examples=30)
seeds = st.integers(0, 2**32 - 1)


def tied_probs(seed, parts=8):
    """Probabilities in steps of 1/8: exact in floats, and full of ties within and between members."""
    rng = np.random.default_rng(seed)
    n_members, n_rows, n_classes = rng.integers(1, 7), rng.integers(1, 20), rng.integers(2, 5)
    return rng.multinomial(parts, np.full(n_classes, 1 / n_classes), size=(n_members, n_rows)) / parts


def random_probs(seed, n_members=4, n_rows=30, n_classes=5):
    return np.random.default_rng(seed).dirichlet(np.full(n_classes, 0.5), size=(n_members, n_rows))


def winners_of_row(row, tie, weights):
    """Every class that may win a row [M, C] after the tie-break, in exact arithmetic, step by step."""
    votes = [list(probs).index(max(probs)) for probs in row]
    count = {c: sum(w for v, w in zip(votes, weights, strict=True) if v == c) for c in range(row.shape[1])}
    tied = [c for c in count if count[c] == max(count.values())]
    if tie == "first":
        return [next(v for v in votes if v in tied)]
    figure = dict.fromkeys(tied, Fraction(0))
    for probs, own_vote, weight in zip(row, votes, weights, strict=True):
        for c in tied:
            if tie == "rank":
                above, equal = sum(p > probs[c] for p in probs), sum(p == probs[c] for p in probs)
                figure[c] -= weight * (int(above) + Fraction(int(equal) - 1, 2))
            elif tie == "probability" or own_vote == c:
                figure[c] += weight * Fraction(float(probs[c]))
    return [c for c in tied if figure[c] == max(figure.values())]


def slow_winners(probs, tie, weights=None):
    weights = [1] * len(probs) if weights is None else [int(w) for w in weights]
    return [winners_of_row(probs[:, i], tie, weights) for i in range(probs.shape[1])]


@pytest.mark.parametrize("tie", TIES)
@few
@given(seed=seeds)
def test_vote_equals_a_loop_over_rows(tie, seed):
    probs = tied_probs(seed)
    np.testing.assert_array_equal(vote(probs, tie), [w[0] for w in slow_winners(probs, tie)])


@pytest.mark.parametrize("tie", TIES)
@few
@given(seed=seeds)
def test_weighted_vote_equals_a_loop_over_rows(tie, seed):
    probs = tied_probs(seed)
    weights = np.random.default_rng(seed).integers(1, 4, len(probs))
    expected = [w[0] for w in slow_winners(probs, tie, weights)]
    np.testing.assert_array_equal(vote(probs, tie, weights), expected)


# Two members vote for class 1, two for class 2; the fifth votes for 0.
FIVE = np.array(
    [
        [[0.10, 0.20, 0.70]],
        [[0.05, 0.50, 0.45]],
        [[0.10, 0.20, 0.70]],
        [[0.05, 0.90, 0.05]],
        [[0.40, 0.25, 0.35]],
    ]
)


def test_ties_by_hand():
    assert vote(FIVE, "first") == [2]
    assert vote(FIVE[[1, 0, 2, 3, 4]], "first") == [1]
    # the member who comes first, but voted for neither of the tied, does not decide
    assert vote(FIVE[[4, 3, 0, 1, 2]], "first") == [1]
    # sums 2.05 and 2.25
    assert vote(FIVE, "probability") == [2]
    # ranks of class 1: 1, 0, 1, 0, 2; of class 2: 0, 1, 0, 1.5 (0.05 stands twice), 1
    assert vote(FIVE, "rank") == [2]
    # winners' sums 0.50 + 0.90 and 0.70 + 0.70: equal, so the lower index
    assert vote(FIVE, "winners_probability") == [1]


def test_equal_ranks_share_their_mean():
    # class 0: 2 + 0, class 1: 0 + (1 + 2) / 2; with the worst of their ranks, 0 would win as equal
    assert vote(np.array([[[0.1, 0.5, 0.4]], [[0.6, 0.2, 0.2]]]), "rank") == [1]
    # class 0: 0 + (1 + 2 + 3) / 3, class 1: 1 + 0; with the best of their ranks, 0 would win as equal
    assert vote(np.array([[[0.4, 0.3, 0.2, 0.1]], [[0.1, 0.7, 0.1, 0.1]]]), "rank") == [1]


def test_what_is_still_tied_goes_to_the_lowest_class():
    probs = np.array([[[0.2, 0.6, 0.2]], [[0.6, 0.2, 0.2]]])
    for tie in ["probability", "rank", "winners_probability"]:
        assert vote(probs, tie) == [0]
    assert vote(probs, "first") == [1]
    # within a member, too
    assert vote(np.array([[[0.2, 0.4, 0.4]]])) == [1]


def test_weights_are_votes():
    probs = np.array([[[0.9, 0.1]], [[0.4, 0.6]], [[0.4, 0.6]]])
    assert vote(probs) == [1]
    assert vote(probs, weights=[3, 1, 1]) == [0]
    # 0.1 + 0.2 is not 0.3 in floats, and yet a tie: the first member decides
    assert vote(probs[[1, 2, 0]], "first", weights=[0.1, 0.2, 0.3]) == [1]
    assert vote(probs, "first", weights=[0.3, 0.1, 0.2]) == [0]
    # a member without weight has no say in a tie, either
    assert vote(probs[[1, 0, 2]], "first", weights=[0, 1, 1]) == [0]


@pytest.mark.parametrize("tie", ["probability", "rank", "winners_probability"])
@few
@given(seed=seeds, weighted=st.booleans())
def test_the_order_of_members_does_not_matter(tie, seed, weighted):
    probs = tied_probs(seed, parts=10)  # steps of 0.1: sums depend on the order in which they are added
    rng = np.random.default_rng(seed)
    weights = rng.choice([0.1, 0.2, 0.3], len(probs)) if weighted else np.ones(len(probs))
    order = rng.permutation(len(probs))
    np.testing.assert_array_equal(vote(probs, tie, weights), vote(probs[order], tie, weights[order]))


@pytest.mark.parametrize("tie", TIES)
@few
@given(seed=seeds)
def test_a_common_factor_of_the_weights_does_not_matter(tie, seed):
    """0.1, 0.2 and 0.3 are 1, 2 and 3 tenths: what is tied with the one is tied with the other."""
    probs = tied_probs(seed, parts=4)
    weights = np.random.default_rng(seed).choice([1, 2, 3], len(probs))
    np.testing.assert_array_equal(vote(probs, tie, weights), vote(probs, tie, weights / 10))


@pytest.mark.parametrize("tie", TIES)
@few
@given(seed=seeds)
def test_permuting_classes_permutes_labels(tie, seed):
    probs = random_probs(seed)
    settled = np.array([len(winners) == 1 for winners in slow_winners(probs, tie)])
    order = np.random.default_rng(seed).permutation(probs.shape[2])
    permuted = order[vote(probs[:, :, order], tie)]
    np.testing.assert_array_equal(permuted[settled], vote(probs, tie)[settled])


@pytest.mark.parametrize("tie", TIES)
@few
@given(seed=seeds, weighted=st.booleans())
def test_argmax_of_scores_is_the_vote(tie, seed, weighted):
    rng = np.random.default_rng(seed)
    for probs in [tied_probs(seed), tied_probs(seed, parts=10), random_probs(seed)]:
        weights = rng.random(len(probs)) + 0.01 if weighted else None
        scores = vote_scores(probs, tie, weights)
        assert scores.min() >= 0
        np.testing.assert_array_equal(scores.argmax(axis=1), vote(probs, tie, weights))


@pytest.mark.parametrize("tie", TIES)
def test_scores_are_the_share_of_votes_and_less_than_one_vote_more(tie):
    probs = random_probs(1, n_members=5)
    scores = vote_scores(probs, tie)
    votes = probs.argmax(axis=2)
    counts = np.stack([(votes == c).sum(axis=0) for c in range(probs.shape[2])], axis=1)
    extra = scores * 5 - counts
    assert extra.min() >= -1e-12
    assert extra.max() < 1
    if tie in ("rank", "probability"):
        assert extra[counts == 0].min() > 0  # classes without a vote keep a figure of their own


def test_scores_lift_a_winner_that_rounding_would_hide():
    # sums of probability 1 and 1 + 1e-11: as good as equal, so the lower class wins, though scores would say otherwise
    probs = np.array([[[0.4, 0.6 + 1e-11, 0.0]], [[0.6, 0.4, 0.0]]])
    assert vote(probs, "probability") == [0]
    assert vote_scores(probs, "probability").argmax(axis=1) == [0]


def test_first_scores_by_hand():
    probs = np.array([[[0.1, 0.9, 0.0]], [[0.8, 0.1, 0.1]]])
    np.testing.assert_allclose(vote_scores(probs, "first"), [[(1 + 0.99 * 0.5) / 2, (1 + 0.99) / 2, 0]])


@pytest.mark.parametrize("function", [vote, vote_scores])
def test_bad_input_is_named(function):
    probs = random_probs(0)
    with pytest.raises(ValueError, match="one of first, probability, rank, winners_probability"):
        function(probs, tie="ranks")
    with pytest.raises(ValueError, match="shape"):
        function(probs[0])
    with pytest.raises(ValueError, match="weights has shape"):
        function(probs, weights=[1, 1])
    with pytest.raises(ValueError, match="not all 0"):
        function(probs, weights=np.zeros(4))
    with pytest.raises(ValueError, match="not negative"):
        function(probs, weights=[1, 1, 1, -1])
    with pytest.raises(ValueError, match="finite sum"):
        function(probs, weights=[1e308, 1e308, 0, 0])
    for wrong in (np.array(1.0), [], [probs[0], probs[0][:, :2]]):
        with pytest.raises(ValueError, match="probs has shape"):
            function(wrong)
    broken = probs.copy()
    broken[2, 5, 1] = np.nan
    with pytest.raises(ValueError, match="member 2 holds values that are not finite"):
        function(broken)
    with pytest.raises(ValueError, match="member 0 are not probabilities"):
        function(np.log(probs), tie="probability")
    broken = probs.copy()
    broken[1] *= 1.01
    with pytest.raises(ValueError, match="member 1 are not probabilities"):
        function(broken, tie="winners_probability")


def test_logits_will_do_where_only_their_order_counts():
    logits = np.log(random_probs(3)) * 3
    for tie in ["first", "rank"]:
        np.testing.assert_array_equal(vote(logits, tie), vote(random_probs(3), tie))
