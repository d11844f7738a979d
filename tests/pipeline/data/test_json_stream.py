"""Elements read piece by piece are those of json.loads, wherever a piece ends."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data import json_stream
from pipeline.data.json_stream import stream_elements
from pipeline.errors import UserError

records = st.lists(st.dictionaries(st.text(max_size=4), st.text(max_size=9) | st.integers() | st.none(), max_size=3))


@given(records=records, piece=st.integers(1, 9), indent=st.none() | st.just(1), ascii_only=st.booleans())
def test_the_same_as_all_at_once(records, piece, indent, ascii_only):
    text = f" {json.dumps(records, indent=indent, ensure_ascii=ascii_only)}\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "CHARACTERS_AT_ONCE", piece)
        assert list(stream_elements(io.StringIO(text), "x.json")) == records


@pytest.mark.parametrize(
    ("text", "element"),
    [
        ("", 1), ("7", 1), ("[", 1), ("[,]", 1), ("[{}", 2), ("[{},]", 2), ("[{} {}]", 2), ("[{}, {]", 2),
        ("[{}] []", 2), ("[] 1", 1), ("]", 1),
    ],
)  # fmt: skip
@pytest.mark.parametrize("piece", [1, 100])
def test_what_is_no_list_is_refused(monkeypatch, text, element, piece):
    monkeypatch.setattr(json_stream, "CHARACTERS_AT_ONCE", piece)
    with pytest.raises(UserError, match=f"x.json: no JSON list, or broken at element {element} "):
        list(stream_elements(io.StringIO(text), "x.json"))


def test_a_broken_element_is_not_read_to_the_end_of_the_file(monkeypatch):
    monkeypatch.setattr(json_stream, "CHARACTERS_AT_ONCE", 10)
    monkeypatch.setattr(json_stream, "LONGEST_ELEMENT", 50)
    file = io.StringIO('[{"a": 1}, {"a: ' + "x" * 1000)
    with pytest.raises(UserError, match="element 2"):
        list(stream_elements(file, "x.json"))
    assert file.tell() < 100
