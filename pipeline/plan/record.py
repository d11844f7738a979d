"""The record of what the last plan was made of, kept beside the plan for `make repro`.

DVC looks at what a stage depends on when the stage has ended. What is edited in the moment between, when `plan` has
read it, is recorded with a plan that does not know the edit, and DVC never makes another.
"""

import hashlib
from pathlib import Path

from pipeline.artifacts.atomic import to_json, write_json
from pipeline.artifacts.hashes import hash_path
from pipeline.artifacts.paths import PARAMS, PLAN, SCRATCH

RECORD = SCRATCH / "plan.json"
FOLDERS = ("pipeline", "stages")


def inputs_digest() -> str:
    """Compute one digest of params.yaml and of all that lies in the folders of code, but for compiled code."""
    files = [path for folder in FOLDERS for path in Path(folder).rglob("*") if "__pycache__" not in path.parts]
    digest = hashlib.sha256()
    for path in [PARAMS, *sorted(path for path in files if path.is_file())]:
        digest.update(f"{path.as_posix()}\0{len(content := path.read_bytes())}\0".encode() + content)
    return digest.hexdigest()


def record_plan(inputs: str) -> None:
    """Note that the plan in the project's folder was made of inputs with the digest `inputs`."""
    write_json(RECORD, _content(inputs))


def is_recorded() -> bool:
    """Say whether the plan in the project's folder was made of the params and code that are there now."""
    if not RECORD.exists() or not PLAN.exists() or not PARAMS.exists():
        return False
    return RECORD.read_text(encoding="utf-8", errors="replace") == to_json(_content(inputs_digest()))


def _content(inputs: str) -> dict[str, str]:
    return {"inputs": inputs, "plan": hash_path(PLAN)}
