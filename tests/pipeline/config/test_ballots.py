"""Rounds of voting in params.yaml: what they may name, and their defaults."""

import pytest

TRIO = ["bert-ce", "nezha-dice", "tfidf-svm"]
MEMBERS = ", ".join(TRIO)


def test_ballots_are_read_in_order_and_take_the_defaults(load):
    ballots = load(
        {"fusion.ballots": {"b": {"voters": TRIO}, "a": {"voters": ["b", "tfidf-svm"], "rule": "rank_average"}}}
    ).fusion.ballots
    assert list(ballots) == ["b", "a"]
    assert ballots["b"].model_dump() == {"voters": TRIO, "rule": "vote", "tie": "rank", "weights": None}
    assert ballots["a"].rule == "rank_average"


@pytest.mark.parametrize(
    ("ballots", "line"),
    [
        (
            {"x": {"voters": ["bert-se"]}},
            "fusion.ballots.x.voters.0: no member and no ballot before this one: got 'bert-se', one of: "
            f"{MEMBERS}; did you mean 'bert-ce'?",
        ),
        (
            {"x": {"voters": ["bert-ce", "y"]}, "y": {"voters": TRIO}},
            f"fusion.ballots.x.voters.1: no member and no ballot before this one: got 'y', one of: {MEMBERS}",
        ),
        (
            {"bert-ce": {"voters": TRIO}},
            "fusion.ballots.bert-ce: the name is taken by a member or a rule; give the ballot another name",
        ),
        (
            {"stack": {"voters": TRIO}},
            "fusion.ballots.stack: the name is taken by a member or a rule; give the ballot another name",
        ),
        ({"x": {"voters": []}}, "fusion.ballots.x.voters: got [], a list of 1 or more is allowed"),
        ({"x": {"voters": ["bert-ce", "bert-ce"]}}, "fusion.ballots.x.voters: 'bert-ce' stands in the list twice"),
        (
            {"x": {"voters": TRIO, "weights": [1.0, 2.0]}},
            "fusion.ballots.x: weights: got [1.0, 2.0], one for each of 3 voters, not all 0, is allowed",
        ),
        (
            {"x": {"voters": TRIO, "ties": "rank"}},
            "fusion.ballots.x.ties: is not a known key; allowed here: voters, rule, tie, weights; did you mean 'tie'?",
        ),
    ],
)
def test_impossible_ballots_are_told_where_they_stand(errors, ballots, line):
    assert errors({"fusion.ballots": ballots}) == [line]


def test_defaults_of_ballots_are_checked(errors):
    (line,) = errors({"defaults.ballot.tie": "ranks"})
    assert line.startswith("defaults.ballot.tie: got 'ranks'")
    assert errors({"defaults.ballot.voters": TRIO}) == [
        "defaults.ballot.voters: cannot have a default: every entry says its own"
    ]


def test_member_weights_are_methods_of_class_weights(load, errors):
    fusion = load({"fusion.member_weights": ["none", "nelder_mead"]}).fusion
    assert fusion.member_weights == [{"name": "none"}, {"name": "nelder_mead", "starts": 8, "max_evaluations": 8000}]
    (line,) = errors({"fusion.member_weights": ["nelder_meat"]})
    assert line.startswith("fusion.member_weights.0: got 'nelder_meat', one of: none, ")
    assert errors({"fusion.member_weights": []}) == ["fusion.member_weights: got [], a list of 1 or more is allowed"]
    assert errors({"fusion.member_weights": ["none", "none"]}) == [
        "fusion.member_weights: 'none' stands in the list twice"
    ]
