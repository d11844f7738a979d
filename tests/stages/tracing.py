"""What really runs, held against what the fingerprint of an entry reaches."""

import ast
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from pipeline.plan.fingerprint import Place, named, reach, root
from pipeline.plan.modules import read_module

PROJECT = Path(__file__).parents[2]
OPTIMIZED = 0x1  # a function's code, not the body of a class or a module


@contextmanager
def traced() -> Iterator[set[Place]]:
    """The functions and classes of the project whose code runs in the block; importing a module does not count."""
    ran: set[Place] = set()
    seen: dict[int, CodeType] = {}  # by identity: the hash of code is that of all its bytes

    def trace(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event != "call" or id(code) in seen:
            return
        if not code.co_filename.startswith(str(PROJECT)) or not code.co_flags & OPTIMIZED:
            seen[id(code)] = code
            return
        if _is_import(frame):
            return  # it may run again, later
        seen[id(code)] = code
        place = place_of(code.co_filename, code.co_firstlineno)
        if place is not None:
            ran.add(place)

    threading.settrace(trace)
    sys.settrace(trace)
    try:
        yield ran
    finally:
        sys.settrace(None)
        threading.settrace(None)


def _is_import(frame: FrameType | None) -> bool:
    """Whether a module of the project is being imported below this frame."""
    while frame is not None:
        if frame.f_code.co_name == "<module>" and frame.f_code.co_filename.startswith(str(PROJECT / "pipeline")):
            return True
        frame = frame.f_back
    return False


@cache
def place_of(file: str, line: int) -> Place | None:
    """The definition at the top of its module in which a line lies; None outside of pipeline/ and stages/."""
    path = Path(file).relative_to(PROJECT)
    if path.parts[0] not in ("pipeline", "stages"):
        return None
    module = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
    for node in ast.parse(Path(file).read_text(encoding="utf-8")).body:
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
        if first <= line <= (node.end_lineno or 0) and hasattr(node, "name"):
            return Place(module, node.name)
    return None


def missed(ran: set[Place], recipe: dict[str, Any]) -> list[str]:
    """What ran in training by a recipe and is neither in its fingerprint nor in a module that changes no result."""
    words = [piece.split(".") for piece in recipe["pieces"]]
    components = [place for family, word in words for places in named(family, word).values() for place in places]
    reached = reach([*root("stages.finetune:main"), *components]).texts
    return sorted(str(place) for place in ran if place not in reached and not read_module(place.module).is_harmless)
