"""The form of a submission: header, separator, order of rows."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.errors import UserError


@dataclass(frozen=True)
class Template:
    """What a sample submission fixes.

    Attributes:
        header: the names of the id column and the label column, in the file's order.
        ids: the ids in the file's order.
        separator: what stands between the two.
        id_first: whether the id column comes first.
    """

    header: tuple[str, str]
    ids: list[str]
    separator: str
    id_first: bool


def read_template(text: str, name: str, id_column: str, test_ids: Sequence[str]) -> Template:
    """Read the form from a sample submission's text.

    The id column is the one of that name, or else the one that holds more of the test ids. Blank lines are passed over.
    Raises UserError for a file that is not two columns wide, or whose ids are not exactly the test's.
    """
    text = text.removeprefix("\ufeff")
    separator = "\t" if "\t" in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows = []
    for row in reader:
        if len(row) not in (0, 2):
            wanted = "two are allowed, the id and the label, with a comma or a tab between them"
            raise UserError(f"{name}, line {reader.line_num}: {len(row)} columns; {wanted}")
        rows += [row] if row else []
    if not rows:
        raise UserError(f"{name}: empty; a sample submission has a header and a row for each test row")
    header, body = (rows[0][0], rows[0][1]), rows[1:]
    known = set(test_ids)
    looks_first = sum(row[0] in known for row in body) >= sum(row[1] in known for row in body)
    id_first = header[0] == id_column or (header[1] != id_column and looks_first)
    ids = [row[0 if id_first else 1] for row in body]
    check_ids(name, ids, test_ids)
    return Template(header, ids, separator, id_first)


def render_submission(template: Template, predicted: Mapping[str, str]) -> str:
    """The submission as text: the template's header and order, with the predicted label of each id."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=template.separator, lineterminator="\n")
    writer.writerow(template.header)
    for row_id in template.ids:
        pair = (row_id, predicted[row_id])
        writer.writerow(pair if template.id_first else pair[::-1])
    return out.getvalue()


def check_ids(name: str, ids: Sequence[str], test_ids: Sequence[str]) -> None:
    """Raise UserError, naming the first offender, unless `ids` are the test's, each once, in whatever order."""
    counts = Counter(ids)
    repeated = next((i for i, n in counts.items() if n > 1), None)
    if repeated is not None:
        raise UserError(f"{name}: the id {repeated!r} occurs more than once")
    wanted = set(test_ids)
    missing = [i for i in test_ids if i not in counts]
    extra = [i for i in ids if i not in wanted]
    if missing or extra:
        details = [f"{missing[0]!r} is missing"] if missing else []
        details += [f"{extra[0]!r} is not a test row"] if extra else []
        raise UserError(
            f"{name}: {len(ids)} ids, the test file has {len(test_ids)}: {', '.join(details)}. Name the right files "
            "under data.test and data.sample_submission in params.yaml, or set data.sample_submission to null"
        )
