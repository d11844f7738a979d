"""Note what a board gave the submission in reports/ledger.csv, which is in git and no stage's output."""

import datetime
import math
import shutil
import subprocess

from pipeline.artifacts.atomic import read_json
from pipeline.artifacts.hashes import hash_file
from pipeline.artifacts.paths import CLASS_WEIGHTS_REPORT, LEDGER, MANIFEST, PREDICTIONS
from pipeline.artifacts.require import require_file
from pipeline.errors import UserError
from pipeline.runtime.messages import say
from pipeline.submission import LedgerEntry, append_entry


def record_score(board: str, score: float, date: str) -> None:
    """Append the present submission with its board score to the ledger."""
    if not math.isfinite(score):
        raise UserError(f"--record {board} {score}: a finite score is needed")
    for path in (MANIFEST, CLASS_WEIGHTS_REPORT, PREDICTIONS):
        require_file(path)
    if read_json(MANIFEST)["inputs"].get(PREDICTIONS.as_posix()) != hash_file(PREDICTIONS):
        raise UserError(
            f"{MANIFEST} is of other predictions than {PREDICTIONS}, so the nested score here is not that of the "
            "submission; check out its commit, `dvc checkout`, and record the score there"
        )
    chosen = read_json(CLASS_WEIGHTS_REPORT)["chosen"]
    date, manifest = check_date(date) if date else commit_date(), hash_file(MANIFEST)
    entry = LedgerEntry(date, board, score, chosen["nested"], chosen["candidate"], chosen["method"], manifest)
    append_entry(LEDGER, entry)
    say(f"{LEDGER}: {entry.date} board {board} {score:.6g}, nested {entry.nested:.4f}; commit it with git")


def check_date(date: str) -> str:
    """Return the date as YYYY-MM-DD. Raises UserError where the text is no date."""
    try:
        return datetime.date.fromisoformat(date).isoformat()
    except ValueError:
        raise UserError(f"--date {date}: a date is needed, as 2026-11-30") from None


def commit_date() -> str:
    """Return the date of the last git commit. Raises UserError where git gives none."""
    command = ["git", "log", "-1", "--format=%cs"]
    found = subprocess.run(command, capture_output=True, text=True, check=False) if shutil.which("git") else None
    shown = found.stdout.strip() if found else ""
    if not shown:
        raise UserError("no git commit to take the date from; give one: --date 2026-11-30")
    return shown
