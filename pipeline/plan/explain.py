"""What an entry is filled in with, and why a stage would run again."""

from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.artifacts.lock import locked_stages
from pipeline.artifacts.paths import plan_file
from pipeline.config.schema import Params
from pipeline.errors import UserError
from pipeline.fields.messages import one_of
from pipeline.plan.entries import STAGES, make_entry

MISSING = object()
NULL = "tag:yaml.org,2002:null"


def filled_in(params: Params, location: str) -> str:
    """Write a part of params.yaml, `members.bert-ce`, `fusion` or `members.bert-ce.loss`, as YAML with every default.

    Raises UserError where there is no such key.
    """
    node: Any = params.model_dump(by_alias=True, mode="json", exclude={"defaults"})
    keys = location.split(".")
    for depth, key in enumerate(keys):
        if not isinstance(node, Mapping) or key not in node:
            above = ".".join(keys[:depth]) or "params.yaml"
            if not isinstance(node, Mapping):
                raise UserError(f"{above}: is a value, without keys")
            raise UserError(f"{above}: {one_of(key, list(node)) if node else f'got {key!r}, and it is empty'}")
        node = node[key]
    written = StringIO()
    yaml = YAML()
    yaml.width = 120
    yaml.representer.add_representer(type(None), lambda writer, _: writer.represent_scalar(NULL, "null"))
    yaml.dump({location: node}, written)
    return written.getvalue().rstrip()


def explain(params: Params, name: str) -> str:
    """Write what has changed in an entry, `finetune@bert-ce`, since dvc.lock recorded a run of the entry.

    Raises UserError where there is no such entry, and as `recorded` does.
    """
    stage, _, key = name.partition("@")
    if stage not in STAGES:
        raise UserError(f"--why: {one_of(stage, list(STAGES))}")
    section = STAGES[stage].section
    if section is None and key:
        raise UserError(f"--why: {stage} runs once; name it without @{key}")
    if section is not None and not key:
        raise UserError(f"--why: {stage} runs for each entry of {section}: {', '.join(getattr(params, section))}")
    entry = make_entry(params, stage, key or None)
    before = recorded(entry.name, plan_file(stage, key or None))
    if before is None:
        return f"{entry.name}: has not run, as far as dvc.lock knows"
    lines = differences(before, entry.content())
    if not lines:
        return f"{entry.name}: same settings and code as when it last ran; `dvc status {entry.name}` looks at data"
    return "\n".join([f"{entry.name}: changed since it last ran:", *(f"  {line}" for line in lines)])


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """List what differs between two contents of a plan file, one line each: settings, components, definitions."""
    lines = [
        f"{location}: {_show(was)} → {_show(now)}"
        for location, was, now in _changed(_flat(before["settings"]), _flat(after["settings"]))
    ]
    lines += [f"component {word}: no longer used" for word in before["components"] if word not in after["components"]]
    lines += [f"component {word}: new" for word in after["components"] if word not in before["components"]]
    for name, was, now in _changed(before["definitions"], after["definitions"]):
        lines.append(f"code {name}: {'new' if was is MISSING else 'gone' if now is MISSING else 'edited'}")
    if before["code"] != after["code"] and before["definitions"] == after["definitions"]:
        lines.append("code: names stand for other things than before, or what runs at import runs in another order")
    if list(_flat(before["settings"])) != list(_flat(after["settings"])):
        lines += [] if lines else ["settings: in another order"]
    return lines


def recorded(name: str, path: Path) -> dict[str, Any] | None:
    """Read the plan file with which dvc.lock says that a stage ran: → its content; None where dvc.lock has no record.

    Raises UserError where the file is nowhere to be found any more.
    """
    import hashlib
    import json

    deps = {dep["path"]: dep.get("md5") for dep in locked_stages().get(name, {}).get("deps", [])}
    digest = deps.get(path.as_posix())
    if digest is None:
        return None
    for file in (path, *_cached(digest)):
        if file.exists() and hashlib.md5(content := file.read_bytes(), usedforsecurity=False).hexdigest() == digest:
            found: dict[str, Any] = json.loads(content)
            return found
    raise UserError(
        f"{name}: dvc.lock knows a plan with md5 {digest} that is not in DVC's cache; `dvc pull` may bring it, or "
        f"check out the commit of that run and `dvc checkout {path}`"
    )


def _cached(digest: str) -> Iterator[Path]:
    """Yield the path of a file in DVC's cache, asked only if the work tree no longer has it, for DVC takes a second."""
    from dvc.repo import Repo

    yield Path(Repo().cache.local.oid_to_path(digest))


def _flat(node: Any, location: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the values of a tree by their locations, keys joined by dots."""
    if not isinstance(node, Mapping) or not node:
        return {".".join(location): node}
    return {key: value for name, child in node.items() for key, value in _flat(child, (*location, name)).items()}


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[tuple[str, Any, Any]]:
    for name in dict.fromkeys([*before, *after]):
        was, now = before.get(name, MISSING), after.get(name, MISSING)
        if was != now:
            yield name, was, now


def _show(value: Any) -> str:
    return "not there" if value is MISSING else str(value)
