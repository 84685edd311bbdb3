"""Find things by their names: a module in a folder of things *is* a thing.

A module whose name starts with ``_`` is machinery. Underscores in file names are hyphens in names
(``crema_d.py`` is ``crema-d``). Other packages add things through entry points, for instance
``emotrace.corpora``.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import TYPE_CHECKING

from emotrace.errors import UnknownNameError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_FOLDERS = {
    "corpus": "emotrace.learn.corpora",
    "feature set": "emotrace.features",
    "model": "emotrace.learn.models",
    "format": "emotrace.reports",
}
_GROUPS = {
    "corpus": "emotrace.corpora",
    "feature set": "emotrace.features",
    "model": "emotrace.models",
    "format": "emotrace.reports",
}


def names(kind: str) -> list[str]:
    """List the names of all things of ``kind`` (``corpus``, ``feature set``, ``model``, ``format``), sorted."""
    found = {module.replace("_", "-") for module in _own_modules(kind)}
    found |= {point.name for point in _entry_points(kind)}
    return sorted(found)


def load(kind: str, name: str) -> ModuleType:
    """Import the thing called ``name``; raise `UnknownNameError` naming near ones if there is none."""
    wanted = name.lower().replace("_", "-")
    for module in _own_modules(kind):
        if module.replace("_", "-") == wanted:
            return importlib.import_module(f"{_FOLDERS[kind]}.{module}")
    for point in _entry_points(kind):
        if point.name == wanted:
            thing = point.load()
            assert isinstance(thing, ModuleType)
            return thing
    raise UnknownNameError(kind, name, names(kind))


def _own_modules(kind: str) -> list[str]:
    folder = importlib.import_module(_FOLDERS[kind])
    return [info.name for info in pkgutil.iter_modules(folder.__path__) if not info.name.startswith("_")]


def _entry_points(kind: str) -> list[EntryPoint]:
    # Costs 30 ms to import, and most things are found without it.
    from importlib.metadata import entry_points

    return list(entry_points(group=_GROUPS[kind]))
