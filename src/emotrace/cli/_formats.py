"""The option ``--format``: any file of ``reports/``, and those that other packages add, by its name."""

from __future__ import annotations

from types import ModuleType
from typing import Any

# Typer brings its own copy of click and gives its types no public name.
from typer._click.types import ParamType

from emotrace.errors import UnknownNameError
from emotrace.registry import load, names

_WRITES = {"write_predictions": "format for clips", "write_timelines": "format for timelines"}


class FormatName(ParamType):
    """The name of a format that has the function ``writer``; `load_format` judges it.

    Which ones there are is looked up when the help shows them and not before: it costs 40 ms.
    """

    name = "format"

    def __init__(self, writer: str) -> None:
        self._writer = writer

    def get_metavar(self, *_: Any, **__: Any) -> str:
        """Give what the help shows in the place of the value."""
        return f"[{'|'.join(format_names(self._writer))}]"

    def convert(self, value: Any, *_: Any, **__: Any) -> Any:
        """Give the name as it is."""
        return value


def format_names(writer: str) -> list[str]:
    """List the formats that have the function ``writer``, sorted."""
    return [name for name in names("format") if _has(name, writer)]


def load_format(name: str, writer: str) -> ModuleType:
    """Import the format called ``name``.

    Raises
    ------
    UnknownNameError
        If there is none, or it lacks the function ``writer`` (``write_predictions`` or ``write_timelines``).
    """
    try:
        module = load("format", name)
    except UnknownNameError:
        module = None
    if module is None or not hasattr(module, writer):
        raise UnknownNameError(_WRITES[writer], name, format_names(writer))
    return module


def _has(name: str, writer: str) -> bool:
    try:
        return hasattr(load("format", name), writer)
    except Exception:
        # What another package offers and cannot be imported is no reason to fail for those who do not want it.
        return False
