"""Write the submission and its manifest."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.artifacts.atomic import read_json, write_json, write_text
from pipeline.artifacts.hashes import hash_file
from pipeline.artifacts.paths import (
    LABELS,
    MADE_ON,
    MANIFEST,
    PREDICTIONS,
    RAW,
    SUBMISSION,
    TEST,
)
from pipeline.artifacts.predictions import read_predictions
from pipeline.artifacts.tables import read_table
from pipeline.data.sources.decode import decode
from pipeline.errors import UserError
from pipeline.runtime.messages import say
from pipeline.submission import (
    Template,
    make_manifest,
    read_template,
    render_submission,
    validate_submission,
)

if TYPE_CHECKING:
    from pipeline.config.data_sections import Data
    from pipeline.plan.entries import Entry


def run(entry: "Entry") -> None:
    """Write the submission and its manifest."""
    data = entry.params.data
    labels = read_json(LABELS)["labels"]
    test_ids = read_table(TEST, ["row_id"])["row_id"].tolist()
    predictions = read_predictions(PREDICTIONS)
    sample = None if data.sample_submission is None else RAW / data.competition / data.sample_submission
    template = _template(data, sample, test_ids)
    predicted = dict(zip(test_ids, (labels[k] for k in predictions.test[predictions.chosen]), strict=True))
    submission = render_submission(template, predicted)
    counts = validate_submission(submission, template, test_ids, labels)
    chosen = {
        "candidate": predictions.candidates[predictions.chosen],
        "class_weights": predictions.methods[predictions.chosen],
    }
    hashes = {path.as_posix(): hash_file(path) for path in [PREDICTIONS, TEST, LABELS, *([sample] if sample else [])]}
    made_on = {path.stem: read_json(path)["folds"] for path in sorted(MADE_ON.glob("*.json"))}
    taking_part = {member: folds for member, folds in made_on.items() if member in predictions.candidates}
    write_json(MANIFEST, make_manifest(submission, hashes, chosen, taking_part))
    write_text(SUBMISSION, submission)
    most = sorted(counts.items(), key=lambda item: -item[1])
    shown = ", ".join(f"{label} {count}" for label, count in most[:5])
    absent = sum(count == 0 for count in counts.values())
    say(f"{len(test_ids)} rows, {len(labels)} classes, {absent} never predicted; most frequent: {shown}")
    say(f"submission: {SUBMISSION}")


def _template(data: "Data", sample: Path | None, test_ids: Sequence[str]) -> Template:
    """Return the form of the submission: the competition's sample, or else ids and labels in the test rows' order."""
    if sample is None:
        return Template((data.columns.id or "id", data.columns.label), list(test_ids), ",", id_first=True)
    if not sample.exists():
        raise UserError(f"{sample}: no such file; mend data.sample_submission in params.yaml or set it to null")
    text = decode(sample.read_bytes(), str(sample), data.encodings).text
    return read_template(text, str(sample), data.columns.id or "id", test_ids, data.separator)
