"""The fingerprint of the code that a stage runs: what changes it may change a result, and nothing else does.

A definition - a function, a class, an assignment at the top of a module - is reached where a reached one uses its name.
Its digest is that of its own text, without comments, docstrings and layout, and of the names it uses with what stands
behind them. So two losses in one file do not know each other, and a definition may move to another file: neither import
lines nor the names of modules are in any digest. What runs at import in a reached module is in.

What no name tells has to be named: a word of the registry is resolved by the entry that uses it. A module that is
passed on as a whole, to `getattr` for instance, counts with all that it defines. Modules that say CHANGES_NO_RESULT
carry messages, progress, errors or devices, and are left out.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline import registry
from pipeline.plan.modules import (
    Definition,
    Imported,
    Module,
    Reference,
    is_module,
    read_module,
    with_packages,
)

# The registry's table of words: which of them a stage uses is for its entry to say.
NAMED_BY_ENTRIES = {("pipeline.registry", "FAMILIES")}
IMPORT = "import"  # the name under which a module's statements stand


class Place(NamedTuple):
    """A definition of a module; `import` and a number for a statement that defines nothing."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}:{self.name}"


@dataclass
class Reach:
    """What is reached: each definition's text, and the places behind the names that it uses."""

    texts: dict[Place, str] = field(default_factory=dict)
    uses: dict[Place, list[tuple[str, Place]]] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)


def root(location: str) -> list[Place]:
    """The places that a location names, `pipeline.losses.dice:DiceLoss`; of a module alone all that it defines."""
    module, _, name = location.partition(":")
    return [Place(module, name)] if name else [Place(module, defined) for defined in read_module(module).definitions]


def named(family: str, word: str) -> dict[str, list[Place]]:
    """The places behind a word of the registry, under the name that an entry gives it: `losses.dice`."""
    return {f"{family}.{word}": root(registry.FAMILIES[family][word])}


def reach(places: Iterable[Place]) -> Reach:
    """Everything that is reached from `places`. Raises ValueError for a place that its module does not define."""
    found = Reach()
    waiting = list(places)
    for place in waiting:
        if place.name not in read_module(place.module).definitions:
            raise ValueError(f"{place}: the module does not define it")
    while waiting:
        place = waiting.pop()
        if place in found.texts or read_module(place.module).is_harmless:
            continue
        definition = _definition(place)
        found.texts[place] = definition.text
        waiting += _import_module(place.module, found)
        for module in definition.imported:
            waiting += _import_module(module, found)
        found.uses[place] = [
            (".".join([reference.name, *reference.attributes]), target)
            for reference in definition.references
            for target in _behind(place.module, definition, reference)
            if not read_module(target.module).is_harmless and tuple(target) not in NAMED_BY_ENTRIES
        ]
        waiting += [target for _, target in found.uses[place]]
    return found


def digests(found: Reach) -> dict[Place, str]:
    """The digest of each place: of its text, and of the names it uses with the digests of what stands behind them.

    Definitions may use each other in circles, so the digests are worked out in rounds, each from those of the round
    before, until no two places that were alike become unlike any more (as colours are refined in a graph). By then a
    digest tells what stands behind each name, but not all that stands behind that: only all digests together do.
    """
    current = {place: _digest(text) for place, text in found.texts.items()}
    n_different = 0
    while True:
        current = {
            place: _digest([current[place], *sorted([name, current[target]] for name, target in found.uses[place])])
            for place in current
        }
        if len(set(current.values())) == n_different:
            return current
        n_different = len(set(current.values()))


def fingerprint(roots: Sequence[Place], components: Mapping[str, Sequence[Place]]) -> str:
    """One digest of all that is reached from a stage's `roots` and from the components that its entry names."""
    found = reach([*roots, *(place for places in components.values() for place in places)])
    of = digests(found)
    named = {"": list(roots), **components}
    behind = {name: sorted(of[place] for place in places if place in of) for name, places in named.items()}
    return _digest([sorted(of.values()), sorted(behind.items())])


def _definition(place: Place) -> Definition:
    module = read_module(place.module)
    if place.name.startswith(f"{IMPORT} "):
        return module.statements[int(place.name.removeprefix(f"{IMPORT} "))]
    return module.definitions[place.name]


def _import_module(name: str, found: Reach) -> list[Place]:
    """What runs when a module is imported: its statements, and those of the modules that it imports in turn."""
    places: list[Place] = []
    waiting = with_packages([name])
    while waiting:
        module = waiting.pop()
        if module in found.modules or not is_module(module):
            continue
        found.modules.add(module)
        read = read_module(module)
        if not read.is_harmless:
            places += [Place(module, f"{IMPORT} {index}") for index in range(len(read.statements))]
            waiting += read.imported
    return places


def _behind(module: str, definition: Definition, reference: Reference) -> list[Place]:
    """The places that a name stands for, where it is used in a definition of `module`."""
    own = read_module(module)
    if reference.name in definition.imports:
        return _imported(definition.imports[reference.name], reference.attributes)
    if reference.name in own.definitions:
        return [Place(module, reference.name)]
    if reference.name in own.imports:
        return _imported(own.imports[reference.name], reference.attributes)
    return []


def _imported(found: Imported, attributes: tuple[str, ...]) -> list[Place]:
    """The places behind an imported name and its attributes."""
    if found.name is not None:
        return _in_module(found.module, found.name)
    module = found.module
    while attributes and is_module(f"{module}.{attributes[0]}"):
        module, attributes = f"{module}.{attributes[0]}", attributes[1:]
    if attributes:
        return _in_module(module, attributes[0])
    return [Place(module, name) for name in read_module(module).definitions]  # passed on as a whole


def _in_module(module: str, name: str) -> list[Place]:
    """The place of a name in a module, or where the module has it from; none for what its statements bind."""
    read: Module = read_module(module)
    if name in read.definitions:
        return [Place(module, name)]
    if name in read.imports:
        return _imported(read.imports[name], ())
    return []


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
