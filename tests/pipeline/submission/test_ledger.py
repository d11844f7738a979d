from dataclasses import replace

import pytest

from pipeline.errors import UserError
from pipeline.submission import LedgerEntry, append_entry, read_ledger

ENTRY = LedgerEntry("2026-11-22", "A", 0.5832, 0.5791, "vote_rank", "nelder_mead", "ab" * 32)


def test_entries_are_added_at_the_end_and_read_back(tmp_path):
    path = tmp_path / "ledger.csv"
    assert read_ledger(path) == []
    other = replace(ENTRY, board='B, "late"', score=0.1 + 0.2)
    append_entry(path, ENTRY)
    before = path.read_text()
    append_entry(path, other)
    assert path.read_text().startswith(before)
    assert read_ledger(path) == [ENTRY, other]


def test_a_ledger_that_a_spreadsheet_saved(tmp_path):
    path = tmp_path / "ledger.csv"
    append_entry(path, ENTRY)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_ledger(path) == [ENTRY]


def test_a_header_alone_is_an_empty_ledger(tmp_path):
    path = tmp_path / "ledger.csv"
    path.write_text("date,board,score,nested,candidate,class_weights,manifest\n")
    assert read_ledger(path) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n", r"ledger\.csv: the first line is"),
        ("{header}\n2026-11-22,A,0.5\n", r"ledger\.csv, line 2: 3 fields; 7 are needed"),
        ("{header}\nd,A,nan,0.5,c,w,m\n", r"line 2: score 'nan', nested '0\.5'; numbers are needed"),
        ("{header}\nd,A,best,0.5,c,w,m\n", r"ledger\.csv, line 2: score 'best', nested '0\.5'; numbers are needed"),
    ],
)
def test_what_is_no_ledger_is_named_and_left_alone(tmp_path, text, message):
    path = tmp_path / "ledger.csv"
    path.write_text(text.format(header="date,board,score,nested,candidate,class_weights,manifest"))
    before = path.read_text()
    with pytest.raises(UserError, match=message):
        append_entry(path, ENTRY)
    assert path.read_text() == before
