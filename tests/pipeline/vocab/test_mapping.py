from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.vocab.mapping import MappingRow, read_mapping_table, sort_rows, write_mapping_table

ROWS = [
    MappingRow("，", 9, None, "，"),
    MappingRow("15", 5, 1, "the", 1, 0.25),
    MappingRow('"', 4, 2, ",", 2),
    MappingRow("None", 1, 3, None),
]


def test_the_file_is_readable(tmp_path: Path) -> None:
    path = tmp_path / "mapping.csv"
    write_mapping_table(path, ROWS)
    assert path.read_text(encoding="utf-8").splitlines() == [
        "token,count,rank,mapped_to,mapped_rank,probability",
        "，,9,,，,,",
        "15,5,1,the,1,0.25",
        '"""",4,2,",",2,',
        "None,1,3,,,",
    ]
    assert read_mapping_table(path) == ROWS


def test_order() -> None:
    rows = [MappingRow("b", 1, 2, None), MappingRow("a", 1, 1, None), MappingRow("c", 2, None, "c")]
    assert [row.token for row in sort_rows(rows)] == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("token,count\n", "columns"),
        ("", "columns"),
        ("token,count,rank,mapped_to,mapped_rank,probability\na,1,1,b,1,\na,x,1,b,1,\n", "line 3"),
        ("token,count,rank,mapped_to,mapped_rank,probability\na,1\n", "line 2"),
        ("token,count,rank,mapped_to,mapped_rank\na,1,1,b,1\n", "columns"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "m.csv").write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        read_mapping_table(tmp_path / "m.csv")
