import json

import pytest

from pipeline.vocab.mapping import MappingRow
from pipeline.vocab.report import alignment_report, mass_mapped_right

ROWS = [
    MappingRow("7", 4, 1, "the", 1),
    MappingRow("，", 3, None, "，"),
    MappingRow("9", 2, 2, "cat", 2),
    MappingRow("5", 1, 3, None),
]
COUNTS = {"7": 4, "，": 3, "9": 2, "5": 1, "6": 5, "8": 5}  # 6 and 8 have no row; 20 occurrences


def test_shares_by_hand() -> None:
    report = alignment_report(ROWS, COUNTS, method="frequency", n_examples=2)
    examples = report.pop("examples")
    assert report == {
        "method": "frequency",
        "method_used": "frequency",
        "n_tokens": 4,
        "n_pinned": 1,
        "n_mapped": 2,
        "n_new": 1,
        "n_oov": 2,
        "n_occurrences": 20,
        "coverage": 9 / 20,
        "pinned_mass": 3 / 20,
        "unmapped_mass": 1 / 20,
        "oov_mass": 10 / 20,
    }
    assert [example["token"] for example in examples] == ["7", "，"]
    expected = {"token": "7", "count": 4, "rank": 1, "mapped_to": "the", "mapped_rank": 1, "probability": None}
    assert examples[0] == expected
    json.dumps(examples)


def test_what_the_method_says_of_itself() -> None:
    evidence = {"method_used": "frequency", "confidence": 0.1}
    report = alignment_report(ROWS, COUNTS, method="context", evidence=evidence)
    assert list(report)[:3] == ["method", "method_used", "confidence"]
    assert (report["method"], report["method_used"], report["confidence"]) == ("context", "frequency", 0.1)


def test_an_empty_corpus_has_no_shares() -> None:
    report = alignment_report([], {}, method="random")
    assert report["coverage"] == report["oov_mass"] == 0.0
    assert set(mass_mapped_right([], {}, competition_counts={}, vocabulary=[]).values()) == {0.0}


def test_mass_mapped_right_by_hand() -> None:
    truth = {"7": "the", "9": "dog", "5": "zebra", "6": "sat", "8": "mat"}
    # "zebra" and "mat" are not pretrained; "sat" is, but 6 has no row; ，stands for itself
    found = mass_mapped_right(ROWS, truth, competition_counts=COUNTS, vocabulary=["the", "dog", "sat", "，"])
    assert found == pytest.approx(
        {
            "matchable": (4 + 3 + 2 + 5) / 20,
            "right_of_all": (4 + 3) / 20,
            "right_of_matchable": 7 / 14,
            "right_of_anonymised": 4 / 11,
        }
    )
