"""The elements of a JSON list one after the other, without the whole list in memory."""

import json
import re
from collections.abc import Iterator
from typing import IO, Any

from pipeline.errors import UserError

CHARACTERS_AT_ONCE = 2**20
LONGEST_ELEMENT = 2**24  # characters; what is longer and still does not parse is broken


def stream_elements(file: IO[str], name: str) -> Iterator[Any]:
    """Yield the elements of a JSON file's list; memory holds one piece of the file, or the longest element.

    For lists of objects: a number may come as two where a piece of the file ends within it.

    Raises UserError for what is no JSON list, with the place of the element, from 1.
    """
    decode = json.JSONDecoder().raw_decode
    buffer, position, number, before = "", 0, 1, r"\s*\[\s*"
    while True:
        gap = re.compile(before).match(buffer, position)
        try:
            value, end = decode(buffer, gap.end() if gap else len(buffer))
        except json.JSONDecodeError as error:
            if re.compile(r"\s*\]\s*\Z" if number > 1 else r"\s*\[\s*\]\s*\Z").match(buffer, position):
                if not (piece := file.read(CHARACTERS_AT_ONCE)):
                    return
            elif len(buffer) - position > LONGEST_ELEMENT or not (piece := file.read(CHARACTERS_AT_ONCE)):
                raise UserError(f"{name}: no JSON list, or broken at element {number} ({error.msg})") from None
            buffer, position = buffer[position:] + piece, 0
        else:
            yield value
            position, number, before = end, number + 1, r"\s*,\s*"
