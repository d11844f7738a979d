"""The last check of a submission before it is written."""

from collections import Counter
from collections.abc import Sequence

from pipeline.errors import UserError
from pipeline.submission.format import Template, check_ids, split_rows


def validate_submission(
    text: str, template: Template, test_ids: Sequence[str], labels: Sequence[str]
) -> dict[str, int]:
    """Check the text against what was asked for: → the number of rows of each label, [C] in order.

    Raises UserError, naming line and value, for another header, a missing, repeated or misplaced id, or a label that
    the training data does not have.
    """
    rows = [row for _, row in split_rows(text, template.separator)]
    if rows[:1] != [list(template.header)]:
        raise UserError(f"submission: the header is {rows[:1]}, expected {[list(template.header)]}")
    check_ids("submission", template.ids, test_ids)
    if len(rows) - 1 != len(template.ids):
        raise UserError(f"submission: {len(rows) - 1} rows, expected {len(template.ids)}")
    allowed = set(labels)
    counts: Counter[str] = Counter()
    for number, (row, expected) in enumerate(zip(rows[1:], template.ids, strict=True), start=2):
        if len(row) != 2:
            raise UserError(f"submission, line {number}: {len(row)} columns, expected 2")
        row_id, label = row if template.id_first else row[::-1]
        if row_id != expected:
            raise UserError(f"submission, line {number}: id {row_id!r}, expected {expected!r}")
        if label not in allowed:
            raise UserError(f"submission, line {number}: label {label!r} is none of the {len(labels)} classes")
        counts[label] += 1
    return {label: counts[label] for label in labels}
