"""A table of texts written as a stream."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from pipeline.artifacts.atomic import atomic_path

ROWS_IN_GROUP = 16_384


def write_corpus(path: Path, rows: Iterable[tuple[str, float | None]]) -> int:
    """Write texts and their similarities as parquet, group by group: → the number of rows.

    Memory holds one group, and so does that of whoever reads it by groups.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([("text", pa.string()), ("similarity", pa.float64())])
    remaining, n_rows = iter(rows), 0
    with atomic_path(path) as temporary, pq.ParquetWriter(temporary, schema) as writer:
        while group := list(islice(remaining, ROWS_IN_GROUP)):
            texts, similarities = zip(*group, strict=True)
            writer.write_table(pa.table([list(texts), list(similarities)], schema=schema))
            n_rows += len(group)
    return n_rows
