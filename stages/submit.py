"""Write the submission: `python -m stages.submit`.

When a board has scored it, `python -m stages.submit --record A 0.5832` adds a line to reports/ledger.csv, which is in
git and no stage's output, and touches nothing else.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.runtime.cli import run_stage, say

if TYPE_CHECKING:
    from pipeline.plan.entries import Entry


def main(
    record: Annotated[
        tuple[str, float], typer.Option("--record", metavar="BOARD SCORE", help="Note a board's score in the ledger.")
    ] = ("", 0.0),
    date: Annotated[str, typer.Option(help="Of the submission, YYYY-MM-DD; else that of the last git commit.")] = "",
) -> None:
    """Write reports/submission.csv and reports/manifest.json, or with --record a line of reports/ledger.csv."""
    if record[0]:
        return record_score(*record, date)

    from pipeline.plan.current import run_entry

    return run_entry(run, "submit")


def run(entry: "Entry") -> None:
    """Write the submission and its manifest."""
    from pipeline.artifacts.atomic import read_json, write_json, write_text
    from pipeline.artifacts.hashes import hash_file
    from pipeline.artifacts.paths import LABELS, MADE_ON, MANIFEST, PREDICTIONS, RAW, SUBMISSION, TEST
    from pipeline.artifacts.predictions import read_predictions
    from pipeline.artifacts.tables import read_table
    from pipeline.data.sources.decode import decode
    from pipeline.errors import UserError
    from pipeline.submission import (
        Template,
        make_manifest,
        read_template,
        render_submission,
        validate_submission,
    )

    data = entry.params.data
    labels = read_json(LABELS)["labels"]
    test_ids = read_table(TEST, ["row_id"])["row_id"].tolist()
    predictions = read_predictions(PREDICTIONS)
    inputs = [PREDICTIONS, TEST, LABELS]
    if data.sample_submission is None:
        template = Template((data.columns.id or "id", data.columns.label), test_ids, ",", id_first=True)
    else:
        sample = RAW / data.competition / data.sample_submission
        if not sample.exists():
            raise UserError(f"{sample}: no such file; mend data.sample_submission in params.yaml or set it to null")
        text = decode(sample.read_bytes(), str(sample), data.encodings).text
        template = read_template(text, str(sample), data.columns.id or "id", test_ids, data.separator)
        inputs.append(sample)
    predicted = dict(zip(test_ids, (labels[k] for k in predictions.test[predictions.chosen]), strict=True))
    submission = render_submission(template, predicted)
    counts = validate_submission(submission, template, test_ids, labels)
    chosen = {
        "candidate": predictions.candidates[predictions.chosen],
        "class_weights": predictions.methods[predictions.chosen],
    }
    hashes = {path.as_posix(): hash_file(path) for path in inputs}
    made_on = {path.stem: read_json(path)["folds"] for path in sorted(MADE_ON.glob("*.json"))}
    taking_part = {member: folds for member, folds in made_on.items() if member in predictions.candidates}
    write_json(MANIFEST, make_manifest(submission, hashes, chosen, taking_part))
    write_text(SUBMISSION, submission)
    most = sorted(counts.items(), key=lambda item: -item[1])
    shown = ", ".join(f"{label} {count}" for label, count in most[:5])
    absent = sum(count == 0 for count in counts.values())
    say(f"{len(test_ids)} rows, {len(labels)} classes, {absent} never predicted; most frequent: {shown}")
    say(f"submission: {SUBMISSION}")


def record_score(board: str, score: float, date: str) -> None:
    """Append the present submission with its board score to the ledger."""
    import math

    from pipeline.artifacts.atomic import read_json
    from pipeline.artifacts.hashes import hash_file
    from pipeline.artifacts.paths import CLASS_WEIGHTS_REPORT, LEDGER, MANIFEST, PREDICTIONS
    from pipeline.artifacts.require import require_file
    from pipeline.errors import UserError
    from pipeline.submission import LedgerEntry, append_entry

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
    """The date as YYYY-MM-DD. Raises UserError where it is none."""
    import datetime

    from pipeline.errors import UserError

    try:
        return datetime.date.fromisoformat(date).isoformat()
    except ValueError:
        raise UserError(f"--date {date}: a date is needed, as 2026-11-30") from None


def commit_date() -> str:
    """The date of the last git commit. Raises UserError where git gives none."""
    import shutil
    import subprocess

    from pipeline.errors import UserError

    command = ["git", "log", "-1", "--format=%cs"]
    found = subprocess.run(command, capture_output=True, text=True, check=False) if shutil.which("git") else None
    shown = found.stdout.strip() if found else ""
    if not shown:
        raise UserError("no git commit to take the date from; give one: --date 2026-11-30")
    return shown


if __name__ == "__main__":
    run_stage(main)
