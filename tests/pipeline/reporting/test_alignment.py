from pathlib import Path

import pytest

from pipeline.reporting.alignment import fallback_warnings, judge_mapping
from pipeline.vocab.counts import write_counts
from pipeline.vocab.mapping import MappingRow, write_mapping_table


def test_a_fallback_is_a_warning() -> None:
    sure = {"method": "context", "method_used": "context", "confidence": 0.75, "min_confidence": 0.4}
    reports = {"a": sure, "b": sure | {"method_used": "frequency", "confidence": 0.071}, "c": {"method": "random"}}
    assert fallback_warnings(reports) == [
        "b: alignment by context had a confidence of 0.07, 0.4 is needed; it was aligned by frequency instead"
    ]


def test_a_mapping_is_judged_by_the_key(tmp_path: Path) -> None:
    write_mapping_table(tmp_path / "mapping.csv", [MappingRow("7", 2, 1, "the", 1), MappingRow("8", 1, 2, "cat", 2)])
    write_counts(tmp_path / "counts.json", {"the": 0, "cat": 0, "dog": 0})
    paths = (tmp_path / "mapping.csv", tmp_path / "counts.json")
    assert judge_mapping(tmp_path, *paths, "whitespace", ["7 8 7"]) == {}
    (tmp_path / "vocabulary.csv").write_text("token,word\n7,the\n8,dog\n9,zebra\n", encoding="utf-8")
    judged = judge_mapping(tmp_path, *paths, "whitespace", ["7 8 7 9"])
    assert judged["matchable"] == 3 / 4
    assert judged["right_of_all"] == 2 / 4
    assert judged["right_of_anonymised"] == pytest.approx(2 / 3)
