"""The records of stages in dvc.lock."""

from pathlib import Path
from typing import Any

from pipeline.errors import UserError

LOCK = Path("dvc.lock")


def locked_stages(lock: Path = LOCK) -> dict[str, dict[str, Any]]:
    """Read dvc.lock's record of each stage, stages that dvc.yaml no longer has among them; nothing without the file.

    Raises UserError for a file that is damaged.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    if not lock.exists():
        return {}
    try:
        stages: dict[str, dict[str, Any]] = YAML(typ="safe").load(lock.read_text(encoding="utf-8"))["stages"]
        for stage in stages.values():
            _ = [entry["path"] for part in ("deps", "outs") for entry in stage.get(part, [])]
    except (YAMLError, UnicodeDecodeError, TypeError, KeyError, AttributeError):
        raise UserError(f"{lock}: damaged. `python -m tools.mend` restores it or says what to do") from None
    return stages
