"""Read `params.yaml`: fill the defaults in, check everything, report all errors at once."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from pipeline.config.combinations import check_combinations
from pipeline.config.defaults import check_defaults, fill_defaults, home, lay_over_defaults
from pipeline.config.lengths import check_lengths
from pipeline.config.locate import locate
from pipeline.config.schema import Params
from pipeline.config.toy import shrink_to_toy
from pipeline.errors import UserError
from pipeline.fields.components import Problem
from pipeline.fields.messages import MISSING


def load_params(path: Path = Path("params.yaml")) -> Params:
    """Load the params, checked, with every default filled in; with `toy: true`, shrunk to a size for tests.

    Raises UserError with every problem of the file, each with its full key, what was got and what is allowed.
    """
    raw = _read_yaml(path)
    whole = lay_over_defaults(raw)
    filled = fill_defaults(whole)
    params, in_entries = _validate(whole, filled)
    in_defaults = check_defaults(whole.get("defaults"))
    problems = {
        *in_defaults,
        *_where_written(in_entries, in_defaults, raw, filled),
        *check_combinations(filled),
        *check_lengths(filled),
    }
    if problems or params is None:
        raise UserError(_message(path, problems))
    return shrink_to_toy(params) if params.toy else params


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        # DVC's own parser: in YAML 1.2 `on` is a word and `1e-3` a number, in PyYAML's 1.1 they are not.
        raw = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: not found. Run from the project's root, or copy a file of profiles/ there") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 ({error}); save it as UTF-8") from None
    except YAMLError as error:
        raise UserError(f"{path}: not valid YAML: {_explain(error)}") from None
    if not isinstance(raw, dict):
        got = "nothing" if raw is None else f"a {type(raw).__name__}"
        raise UserError(f"{path}: got {got}, a mapping of sections is allowed; see profiles/ for whole files")
    return raw


def _explain(error: YAMLError) -> str:
    """Return the YAML parser's complaint in one line, without its advice to programmers."""
    if not isinstance(error, MarkedYAMLError):
        return " ".join(str(error).split())
    what = [str(part) for part in (error.context, error.problem) if part]
    if isinstance(error, DuplicateKeyError):
        what = [what[-1].split(" with value")[0]]
    where = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
    return where + ", ".join(what)


def _validate(raw: Mapping[str, Any], filled: Mapping[str, Any]) -> tuple[Params | None, list[Problem]]:
    try:
        return Params.model_validate(filled, context={"defaults": raw.get("defaults")}), []
    except ValidationError as invalid:
        return None, locate(invalid.errors(), Params)


def _where_written(
    problems: Iterable[Problem],
    in_defaults: list[Problem],
    raw: Mapping[str, Any],
    filled: Mapping[str, Any],
) -> list[Problem]:
    """Keep the problems that entries have of their own, leaving out those that are reported with the defaults."""
    kept: list[Problem] = []
    missing: dict[tuple[Any, ...], list[str]] = {}
    for location, message in problems:
        default = home(location, filled)
        if message == MISSING:
            hint = f"; give it here or under {_dotted(default[:-1])}" if default else ""
            missing.setdefault((location[:-1], hint), []).append(str(location[-1]))
        elif not _is_told(default, message, _written(raw, location), in_defaults):
            kept.append(Problem(location, message))
    return kept + [_missing(parent, hint, keys) for (parent, hint), keys in missing.items()]


def _is_told(default: tuple[Any, ...] | None, message: str, written: Any, in_defaults: Iterable[Problem]) -> bool:
    """Say whether an entry's problem, at a place holding `written`, comes from the defaults and is reported there."""
    if written is None:
        return any(default == place for place, _ in in_defaults)
    # Two keys of a mapping that do not go together: the entry has written neither.
    return isinstance(written, Mapping) and any((default, message) == problem for problem in in_defaults)


def _missing(parent: tuple[Any, ...], hint: str, keys: list[str]) -> Problem:
    if len(keys) == 1:
        return Problem((*parent, keys[0]), MISSING + hint)
    return Problem(parent, f"{', '.join(keys)} are missing{hint.replace(' it ', ' them ')}")


def _written(node: Any, location: Iterable[Any]) -> Any:
    """Return the value in a place of the file; None for nothing, and for null."""
    for part in location:
        if (isinstance(node, Mapping) and part in node) or (
            isinstance(node, list) and isinstance(part, int) and part < len(node)
        ):
            node = node[part]
        else:
            return None
    return node


def _message(path: Path, problems: Iterable[Problem]) -> str:
    lines = sorted(f"{_dotted(location) or 'the file'}: {message}" for location, message in problems)
    count = "1 error" if len(lines) == 1 else f"{len(lines)} errors"
    return f"{path}: {count}\n" + "\n".join(f"  {line}" for line in lines)


def _dotted(location: Iterable[Any]) -> str:
    return ".".join(str(part) for part in location)
