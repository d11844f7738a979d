from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.duplicates import (
    count_shared,
    find_conflicts,
    find_near_duplicates,
    group_texts,
    jaccard,
    resolve_conflicts,
    shingle,
)
from pipeline.data.groups import merge_groups

# group:               0  1  0  2  1  0  3  3
LABELS = np.array([4, 2, 4, 1, 0, 3, 5, 5], dtype=np.int32)
GROUPS = np.array([0, 1, 0, 2, 1, 0, 3, 3], dtype=np.int64)


def test_groups_are_numbered_by_first_appearance():
    groups = group_texts(["b", "a", "b", "", "A", "a"])
    assert groups.tolist() == [0, 1, 0, 2, 3, 1]
    assert groups.dtype == np.int64


def test_find_conflicts():
    assert find_conflicts(LABELS, GROUPS).tolist() == [True, True, True, False, True, True, False, False]


@pytest.mark.parametrize(
    ("rule", "labels", "kept"),
    [
        ("keep", [4, 2, 4, 1, 0, 3, 5, 5], [1, 1, 1, 1, 1, 1, 1, 1]),
        ("majority", [4, 2, 4, 1, 2, 4, 5, 5], [1, 1, 1, 1, 1, 1, 1, 1]),  # 2 and 0 tie: 2 comes first
        ("drop", [4, 2, 4, 1, 0, 3, 5, 5], [0, 0, 0, 1, 0, 0, 1, 1]),
    ],
)
def test_rules(rule, labels, kept):
    given_labels = LABELS.copy()
    resolved, mask = resolve_conflicts(given_labels, GROUPS, rule)
    assert resolved.tolist() == labels
    assert mask.tolist() == [bool(value) for value in kept]
    assert given_labels.tolist() == LABELS.tolist()


def test_unknown_rule():
    with pytest.raises(ValueError, match=r"no rule 'first'.*keep, majority, drop"):
        resolve_conflicts(LABELS, GROUPS, "first")


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=25))
def test_majority_agrees_with_a_slow_count(rows):
    labels = np.array([label for label, _ in rows], dtype=np.int32)
    groups = np.array([group for _, group in rows], dtype=np.int64)
    resolved, _ = resolve_conflicts(labels, groups, "majority")
    for (_, group), found in zip(rows, resolved.tolist(), strict=True):
        # Counter.most_common keeps the order of first appearance among equal counts.
        assert found == Counter(label for label, other in rows if other == group).most_common(1)[0][0]


def test_count_shared():
    assert count_shared(["a", "b", "a", "c"], ["a", "a", "d"]) == 2


SETTINGS = {"threshold": 0.7, "unit": "characters", "ngram": 3}


def mutate(rng, text, alphabet, n_changes):
    chars = list(text)
    for place in rng.choice(len(chars), size=n_changes, replace=False):
        chars[place] = str(rng.choice(alphabet))
    return "".join(chars)


@pytest.fixture(scope="module")
def texts():
    """Random texts, some of them with one to four characters changed: similarities on both sides of the threshold."""
    rng = np.random.default_rng(0)
    alphabet = list("武汉加油天使白衣你我他的了在是有人这中大来上国")
    texts = ["".join(rng.choice(alphabet, size=rng.integers(20, 60))) for _ in range(80)]
    for _ in range(120):
        texts.append(mutate(rng, texts[rng.integers(len(texts))], alphabet, rng.integers(0, 5)))
    return [texts[i] for i in rng.permutation(len(texts))]


def near_by_brute_force(texts, others, threshold, unit, ngram):
    sets = [shingle(text, unit, ngram) for text in texts]
    similarity = np.array([[jaccard(a, b) for b in sets] for a in sets])
    tied = [np.where(similarity[row] >= threshold, row, -1 - np.arange(len(texts))) for row in range(len(texts))]
    near = [any(jaccard(shingle(text, unit, ngram), own) >= threshold for own in sets) for text in others]
    return merge_groups(tied), np.array(near)


def test_agrees_with_comparing_every_pair(texts):
    train, others = texts[:150], texts[150:]
    expected, expected_near = near_by_brute_force(train, others, **SETTINGS)
    found = find_near_duplicates(train, others, **SETTINGS)
    assert len(np.unique(expected)) < len(np.unique(group_texts(train))) - 20
    assert 10 < expected_near.sum() < len(others)
    # What is found is near; what is near is found but for pairs at the very threshold.
    assert len(np.unique(np.stack([expected, found.groups]), axis=1).T) == len(np.unique(found.groups))
    assert len(np.unique(found.groups)) - len(np.unique(expected)) <= 2
    assert not (found.near_others & ~expected_near).any()
    assert (expected_near & ~found.near_others).sum() <= 1


def test_groups_do_not_depend_on_the_others_nor_on_the_run(texts):
    one = find_near_duplicates(texts[:150], texts[150:], **SETTINGS)
    two = find_near_duplicates(texts[:150], [], **SETTINGS)
    assert one.groups.tolist() == two.groups.tolist()
    assert one.groups.dtype == np.int64
    again = find_near_duplicates(texts[:150], texts[150:], **SETTINGS)
    assert one.near_others.tolist() == again.near_others.tolist()


def test_equal_texts_are_near_whatever_the_index_finds():
    found = find_near_duplicates(["b", "a", "b", ""], ["a", "c", "", "b"], **SETTINGS)
    assert found.groups.tolist() == [0, 1, 0, 2]
    assert found.near_others.tolist() == [True, False, True, True]
    assert find_near_duplicates(["a"], [], **SETTINGS).near_others.tolist() == []


def test_chains_are_one_group_numbered_by_first_appearance():
    base = "abcdefghijklmnopqrstuvwxyz0123456789"
    chain = [base[i : i + 24] for i in (0, 2, 4, 6, 8, 10)]
    assert jaccard(shingle(chain[0], "characters", 3), shingle(chain[-1], "characters", 3)) < 0.7
    found = find_near_duplicates(["ZZZZZ", *chain[::-1]], [], **SETTINGS)
    assert found.groups.tolist() == [0, 1, 1, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("text", "unit", "ngram", "expected"),
    [
        ("abcd", "characters", 3, {"abc", "bcd"}),
        ("a \n b", "characters", 2, {"a ", " b"}),
        ("ab", "characters", 3, {"ab"}),
        ("", "characters", 3, {""}),
        ("12 7  12 7", "words", 2, {"12 7", "7 12"}),
        (" 12 ", "words", 2, {"12"}),
    ],
)
def test_shingles(text, unit, ngram, expected):
    assert shingle(text, unit, ngram) == expected


def test_words_and_characters_differ():
    texts = ["101 202 303 404 505 606", "101 202 303 404 505 607"]
    assert find_near_duplicates(texts, [], threshold=0.7, unit="characters", ngram=3).groups.tolist() == [0, 0]
    assert find_near_duplicates(texts, [], threshold=0.7, unit="words", ngram=2).groups.tolist() == [0, 1]
    with pytest.raises(ValueError, match="no unit 'word'"):
        find_near_duplicates(texts, [], threshold=0.7, unit="word", ngram=2)
