"""The fingerprint of the code that a stage runs: what changes it may change a result, and nothing else does.

A definition - a function, a class, an assignment at the top of a module - is reached where a reached one uses its name.
Its digest is that of its own text, without comments, docstrings and layout, and of the names it uses with what stands
behind them: a definition of the project, or the full name of what another package has. So two losses in one file do not
know each other, and a definition may move to another file: neither import lines nor the names of the project's modules
are in any digest. What runs at import in a reached module is in, in its order. A name that several things bind stands
for all of them.

What no name tells has to be named: a word of the registry is resolved by the entry that uses it. A module that is
passed on as a whole, to `getattr` for instance, counts with all that it defines. Where a reached definition uses
`__file__`, what lies beside its module and is no Python counts, too: templates, for instance. Modules that say
CHANGES_NO_RESULT carry messages, progress, errors or devices, and are left out. Not seen are the versions of other
packages, which the lock file pins, and what acts by being there: an import of another package for what importing it
does, a decorator that registers, `__subclasses__`, an assignment to a name that nobody uses (but `_`) whose call
changes something.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline import registry
from pipeline.plan.modules import (
    IMPORT,
    Definition,
    Imported,
    Module,
    Reference,
    read_definition,
    read_module,
)
from pipeline.plan.sources import digest_beside, files_beside, is_module, with_packages

# The registry's table of words: which of them a stage uses is for its entry to say.
NAMED_BY_ENTRIES = {("pipeline.registry", "FAMILIES")}
AT_IMPORT = "at import"
SHOWN = 12  # hex digits of a definition's digest, which is for people: the fingerprint's is whole


class Place(NamedTuple):
    """A definition of a module; `import` and a number for a statement that defines nothing."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}:{self.name}"


@dataclass
class Reach:
    """The definitions that are reached: each one's text, and what stands behind the names that it uses.

    Behind a name stands a place of the project, or the name of something else: of another package, or bound by a
    statement.
    """

    texts: dict[Place, str] = field(default_factory=dict)
    uses: dict[Place, list[tuple[str, Place | str]]] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    reading: set[str] = field(default_factory=set)  # the modules of which a definition looks for files beside it


class Fingerprint(NamedTuple):
    """The fingerprint of a stage's code.

    Attributes:
        code: one digest of all that is reached.
        definitions: the name of each definition, without its module, and a digest of its own text, which say what has
            changed where `code` has. Definitions of one name stand as one, and so does what runs at import.
    """

    code: str
    definitions: dict[str, str]


def root(location: str) -> list[Place]:
    """Return the places that a location names, `pipeline.losses.r_drop:symmetric_kl`; of a module, all it defines."""
    module, _, name = location.partition(":")
    return [Place(module, name)] if name else _whole(module)


def component(name: str) -> list[Place]:
    """Return the places behind a word of the registry, `losses.dice`, or behind a definition, `module:name`."""
    if ":" in name:
        return root(name)
    family, _, word = name.partition(".")
    return root(registry.FAMILIES[family][word])


def reach(places: Iterable[Place]) -> Reach:
    """Find all that is reached from `places`. Raises ValueError for a place that its module does not define."""
    found = Reach()
    waiting = list(places)
    for place in waiting:
        if place.name not in read_module(place.module).definitions:
            raise ValueError(f"{place}: the module does not define it")
    while waiting:
        place = waiting.pop()
        if place in found.texts or read_module(place.module).is_harmless:
            continue
        definition = read_definition(*place)
        found.texts[place] = definition.text
        if any(reference.name == "__file__" for reference in definition.references):
            found.reading.add(place.module)
        waiting += _import_module(place.module, found)
        for module in definition.imported:
            waiting += _import_module(module, found)
        found.uses[place] = [
            (".".join([reference.name, *reference.attributes]), target)
            for reference in definition.references
            for target in _behind(place.module, definition, reference)
            if isinstance(target, str) or not _is_left_out(target)
        ]
        waiting += [target for _, target in found.uses[place] if isinstance(target, Place)]
    return found


def digests(found: Reach) -> dict[Place, str]:
    """Compute the digest of each place: of its text, and of the names it uses with digests of what stands behind them.

    Definitions may use each other in circles, so the digests are worked out in rounds, each from those of the round
    before, until no two places that were alike become unlike any more (as colours are refined in a graph). By then a
    digest tells what stands behind each name, but not all that stands behind that: only all digests together do.
    """
    current = {place: _digest(text) for place, text in found.texts.items()}
    n_different = 0
    while True:
        current = {
            place: _digest(
                [
                    current[place],
                    *sorted(
                        [name, current[target] if isinstance(target, Place) else target]
                        for name, target in found.uses[place]
                    ),
                ]
            )
            for place in current
        }
        if len(set(current.values())) == n_different:
            return current
        n_different = len(set(current.values()))


def fingerprint(roots: Sequence[Place], components: Mapping[str, Sequence[Place]]) -> Fingerprint:
    """Compute the fingerprint of all that is reached from a stage's `roots` and the components that its entry names."""
    found = reach([*roots, *(place for places in components.values() for place in places)])
    of = digests(found)
    behind = {
        name: sorted(of[place] for place in places if place in of) for name, places in {"": roots, **components}.items()
    }
    at_import = [[of[place] for place in _statements(module) if place in of] for module in found.modules]
    files = {path: digest_beside(path) for module in found.reading for path in files_beside(module)}
    contents = sorted([path.name, digest] for path, digest in files.items())
    code = _digest([sorted(of.values()), sorted(behind.items()), sorted(filter(None, at_import)), contents])
    texts: dict[str, list[str]] = {path.name: [digest] for path, digest in files.items()}
    for place, text in found.texts.items():
        name = AT_IMPORT if place.name.startswith(f"{IMPORT} ") else place.name
        texts.setdefault(name, []).append(text)
    return Fingerprint(code, {name: _digest(sorted(texts[name]))[:SHOWN] for name in sorted(texts)})


def _import_module(name: str, found: Reach) -> list[Place]:
    """List what runs when a module is imported: its statements, and those of the modules that it imports in turn.

    The modules are added to `found.modules`; nothing is listed of a module that is there already.
    """
    places: list[Place] = []
    waiting = with_packages([name])
    while waiting:
        module = waiting.pop()
        if module in found.modules or not is_module(module):
            continue
        found.modules.add(module)
        read = read_module(module)
        if not read.is_harmless:
            places += _statements(module)
            waiting += read.imported
    return places


def _statements(module: str) -> list[Place]:
    """List the statements of a module that run at import, in order."""
    return [Place(module, f"{IMPORT} {index}") for index in range(len(read_module(module).statements))]


def _is_left_out(place: Place) -> bool:
    return read_module(place.module).is_harmless or tuple(place) in NAMED_BY_ENTRIES


def _whole(module: str) -> list[Place]:
    """List all that a module defines, and the definitions that it imports from others: `getattr` finds these, too."""
    read = read_module(module)
    places: list[Place | str] = [Place(module, name) for name in read.definitions]
    for found in (imported for several in read.imports.values() for imported in several):
        if found.name is not None and is_module(found.module) and not is_module(f"{found.module}.{found.name}"):
            places += _in_module(found.module, found.name)
    return list(dict.fromkeys(place for place in places if isinstance(place, Place)))


def _behind(module: str, definition: Definition, reference: Reference) -> list[Place | str]:
    """List what a name may stand for in a definition of `module`: all that binds the name anywhere in the module."""
    own = read_module(module)
    bound = [*definition.imports.get(reference.name, []), *own.imports.get(reference.name, [])]
    found = [target for imported in bound for target in _imported(imported, reference.attributes)]
    return [*found, Place(module, reference.name)] if reference.name in own.definitions else found


def _imported(found: Imported, attributes: tuple[str, ...]) -> list[Place | str]:
    """List what stands behind an imported name and its attributes."""
    if found.name is not None:
        behind: list[Place | str] = []
        if is_module(f"{found.module}.{found.name}"):
            behind += _imported(Imported(f"{found.module}.{found.name}", None), attributes)
        if is_module(found.module) and (not behind or found.name in read_module(found.module).imports):
            behind += _in_module(found.module, found.name)
        return behind or [f"{found.module}:{found.name}"]
    module = found.module
    if not is_module(module):
        return [module]
    while attributes and is_module(f"{module}.{attributes[0]}"):
        module, attributes = f"{module}.{attributes[0]}", attributes[1:]
    if attributes:
        return _in_module(module, attributes[0])
    return list(_whole(module))  # passed on as a whole


def _in_module(module: str, name: str) -> list[Place | str]:
    """List what a name of a module stands for; the name itself where a statement binds the name."""
    read: Module = read_module(module)
    found: list[Place | str] = [Place(module, name)] if name in read.definitions else []
    found += [target for imported in read.imports.get(name, []) for target in _imported(imported, ())]
    return found or [f"{name}, bound by a statement"]


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
