"""The form of a submission: header, separator, order of rows."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.errors import UserError


@dataclass(frozen=True)
class Template:
    """The form that a sample submission fixes for every submission.

    Attributes:
        header: the names of the id column and the label column, in the file's order.
        ids: the ids in the file's order.
        separator: the text between the two columns.
        id_first: whether the id column comes first.
    """

    header: tuple[str, str]
    ids: list[str]
    separator: str
    id_first: bool


def read_template(
    text: str, name: str, id_column: str, test_ids: Sequence[str], separator: str | None = None
) -> Template:
    """Read the form from a sample submission's text.

    `separator`, that of the competition's files, is what stands between the two columns if the first line has it; if
    not, a tab or a comma does. The id column is the one of that name, or else the one that holds more of the test
    ids. Blank lines are passed over.
    Raises UserError for a file that is not two columns wide, or whose ids are not exactly the test's.
    """
    text = text.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    separator = separator if separator and separator in first else "\t" if "\t" in first else ","
    rows = []
    for line, row in split_rows(text, separator):
        if len(row) not in (0, 2):
            wanted = "two are allowed, the id and the label, with a comma, a tab or data.separator between them"
            raise UserError(f"{name}, line {line}: {len(row)} columns; {wanted}")
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
    """Write the submission as text: the template's header and order, with the predicted label of each id.

    With a separator of several characters, which knows no quoting, fields stand as they are.
    """
    pairs = [(row_id, predicted[row_id]) for row_id in template.ids]
    rows = [template.header, *(pair if template.id_first else pair[::-1] for pair in pairs)]
    if len(template.separator) > 1:
        return "".join(f"{template.separator.join(row)}\n" for row in rows)
    out = io.StringIO()
    csv.writer(out, delimiter=template.separator, lineterminator="\n").writerows(rows)
    return out.getvalue()


def split_rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield line (from 1) and fields of each row; quoted fields where the separator is one character."""
    if len(separator) > 1:
        for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
            yield number, line.removesuffix("\r").split(separator) if line.strip() else []
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    for row in reader:
        yield reader.line_num, row


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
