"""Write the submission: `python -m stages.submit`."""

from pipeline.runtime.cli import run_stage, say


def main() -> None:
    """Write reports/submission.csv and reports/manifest.json."""
    from pipeline.artifacts.atomic import read_json, write_json, write_text
    from pipeline.artifacts.hashes import hash_file
    from pipeline.artifacts.paths import LABELS, MANIFEST, PREDICTIONS, RAW, SUBMISSION, TEST
    from pipeline.artifacts.predictions import read_predictions
    from pipeline.artifacts.tables import read_table
    from pipeline.config import load_params
    from pipeline.data.sources.decode import decode
    from pipeline.errors import UserError
    from pipeline.submission import (
        Template,
        make_manifest,
        read_template,
        render_submission,
        validate_submission,
    )

    data = load_params().data
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
    write_json(MANIFEST, make_manifest(submission, {path.as_posix(): hash_file(path) for path in inputs}, chosen))
    write_text(SUBMISSION, submission)
    most = sorted(counts.items(), key=lambda item: -item[1])
    shown = ", ".join(f"{label} {count}" for label, count in most[:5])
    absent = sum(count == 0 for count in counts.values())
    say(f"{len(test_ids)} rows, {len(labels)} classes, {absent} never predicted; most frequent: {shown}")
    say(f"submission: {SUBMISSION}")


if __name__ == "__main__":
    run_stage(main)
