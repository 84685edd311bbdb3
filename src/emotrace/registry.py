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
    "augmentation": ("emotrace.learn.augment",),
    "corpus": ("emotrace.learn.corpora",),
    # A feature set that is computed by torch stands in the wing that may import it.
    "feature set": ("emotrace.features", "emotrace.learn.features"),
    "model": ("emotrace.learn.models",),
    "format": ("emotrace.reports",),
}
_GROUPS = {
    "augmentation": "emotrace.augmentations",
    "corpus": "emotrace.corpora",
    "feature set": "emotrace.features",
    "model": "emotrace.models",
    "format": "emotrace.reports",
}


def names(kind: str) -> list[str]:
    """List the names of all things of ``kind``, sorted.

    Kinds are ``augmentation``, ``corpus``, ``feature set``, ``model`` and ``format``.
    """
    found = set(_own_modules(kind))
    found |= {point.name for point in _entry_points(kind)}
    return sorted(found)


def load(kind: str, name: str) -> ModuleType:
    """Import the thing called ``name``; raise `UnknownNameError` naming near ones if there is none."""
    wanted = name.lower().replace("_", "-")
    own = _own_modules(kind)
    if wanted in own:
        return importlib.import_module(own[wanted])
    for point in _entry_points(kind):
        if point.name == wanted:
            thing = point.load()
            assert isinstance(thing, ModuleType)
            return thing
    raise UnknownNameError(kind, name, names(kind))


def _own_modules(kind: str) -> dict[str, str]:
    """Give the full names of our own modules by the names of the things that they are."""
    folders = [importlib.import_module(folder) for folder in _FOLDERS[kind]]
    return {
        info.name.replace("_", "-"): f"{folder.__name__}.{info.name}"
        for folder in folders
        for info in pkgutil.iter_modules(folder.__path__)
        if not info.name.startswith("_")
    }


def _entry_points(kind: str) -> list[EntryPoint]:
    # Costs 30 ms to import, and most things are found without it.
    from importlib.metadata import entry_points

    return list(entry_points(group=_GROUPS[kind]))
