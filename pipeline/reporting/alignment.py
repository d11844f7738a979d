"""The worth of each encoder's alignment, judged by the answer key where there is one, and by its own confidence."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.data.sources.read import read_table
from pipeline.vocab.counts import count_tokens, read_counts
from pipeline.vocab.mapping import read_mapping_table
from pipeline.vocab.report import mass_mapped_right


def judge_mapping(key: Path, mapping: Path, counts: Path, split: str, texts: list[str]) -> dict[str, float]:
    """Compute the shares of the text's mass that are mapped right; `{}` where the key does not tell the words.

    `key`: the folder with vocabulary.csv (token, word). `mapping`: the table of `align_vocab`. `counts`: the
    pretrained tokens. `split`: what a word of the `texts`, the competition's corpus, is.
    """
    if not (key / "vocabulary.csv").exists():
        return {}
    words = read_table(key / "vocabulary.csv", {"token": "token", "word": "word"}).rows
    return mass_mapped_right(
        read_mapping_table(mapping),
        dict(zip(words["token"], words["word"], strict=True)),
        competition_counts=count_tokens(texts, split),
        vocabulary=read_counts(counts),
    )


def fallback_warnings(reports: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a line for each encoder (→ its alignment report) that was not aligned by the method asked for."""
    return [
        f"{encoder}: alignment by {report['method']} had a confidence of {report['confidence']:.2f}, "
        f"{report['min_confidence']} is needed; it was aligned by {report['method_used']} instead"
        for encoder, report in reports.items()
        if report.get("method_used", report["method"]) != report["method"]
    ]
