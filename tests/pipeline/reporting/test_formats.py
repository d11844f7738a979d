import math

import pytest

from pipeline.reporting.formats import breakable, count, fact, percent, plain, score, signed, weight, words


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (score(0.61234), "0.6123"),
        (score(None), "–"),
        (score(math.nan), "–"),
        (signed(0.0123), "+0.0123"),
        (signed(-0.0123), "−0.0123"),
        (signed(-0.00001), "0.0000"),
        (percent(0.612), "61.2 %"),
        (percent(0.0043), "0.43 %"),
        (percent(0.0), "0.0 %"),
        (weight(1.0), "1"),
        (weight(0.12345), "0.123"),
        (weight(12345.6), "12,346"),
        (count(14009), "14,009"),
        (plain(None), "–"),
        (plain(True), "yes"),
        (plain(14009), "14,009"),
        (plain(0.123456), "0.1235"),
        (plain("1-9"), "1-9"),
        (breakable("a_<b>"), "a_<wbr>&lt;b&gt;"),
        (fact("unmapped_mass", 0.25), "25.0 %"),
        (fact("coverage", 0.941), "94.1 %"),
        (fact("mean", 0.941), "0.941"),
        (fact("mapping_sha256", "ab"), "ab"),
        (words("n_tokens"), "n tokens"),
    ],
)
def test_numbers_are_written(written: str, expected: str) -> None:
    assert written == expected
