"""The form of a submission: header, separator, order of rows."""

import csv
import io
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

    The id column is the one of that name, or else the one whose values are the test ids. Raises UserError for a file
    that is not two columns wide, or whose ids are not exactly the test's.
    """
    lines = text.removeprefix("\ufeff").splitlines()
    if not lines:
        raise UserError(f"{name}: empty; a sample submission has a header and a row for each test row")
    separator = "\t" if "\t" in lines[0] else ","
    rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=separator))
    for number, row in enumerate(rows, start=1):
        if len(row) != 2:
            raise UserError(f"{name}, line {number}: {len(row)} columns; two are allowed, the id and the label")
    header, body = (rows[0][0], rows[0][1]), rows[1:]
    known = set(test_ids)
    id_first = header[0] == id_column or (header[1] != id_column and all(row[0] in known for row in body))
    ids = [row[0 if id_first else 1] for row in body]
    _check_ids(name, ids, test_ids)
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


def _check_ids(name: str, ids: Sequence[str], test_ids: Sequence[str]) -> None:
    wanted, found = set(test_ids), set(ids)
    if len(found) < len(ids):
        seen: set[str] = set()
        repeated = next(i for i in ids if i in seen or seen.add(i))  # type: ignore[func-returns-value]
        raise UserError(f"{name}: the id {repeated!r} occurs more than once")
    missing = [i for i in test_ids if i not in found]
    extra = [i for i in ids if i not in wanted]
    if missing or extra:
        detail = f"{missing[0]!r} is missing" if missing else f"{extra[0]!r} is not a test row"
        raise UserError(
            f"{name}: {len(ids)} ids, the test file has {len(test_ids)}: {detail}. Name the right files under "
            "data.test and data.sample_submission in params.yaml, or set data.sample_submission to null"
        )
