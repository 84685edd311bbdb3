"""Find a format by its name, or by the ending of a file."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any, TextIO, TypeAlias

from emotrace import registry
from emotrace.calls.call import Call
from emotrace.calls.formats._turns import TURN_FORMATS, write_turns
from emotrace.errors import UnknownNameError

WriteCall: TypeAlias = Callable[[Call, TextIO], None]


def names() -> list[str]:
    """List the formats of a call, sorted."""
    return sorted([*_own_names(), *TURN_FORMATS])


def load_call_format(name: str) -> WriteCall:
    """Give what writes a call in the format called ``name``.

    Raises
    ------
    UnknownNameError
        If there is none.
    """
    if name in _own_names():
        write: WriteCall = _own(name).write_call
        return write
    if name in TURN_FORMATS:
        return lambda call, stream: write_turns(call, name, stream)
    raise UnknownNameError("format for calls", name, names())


def format_of_file(path: str | PurePath) -> str | None:
    """Give the format that a file of this name is usually written in, None where the name does not tell.

    >>> format_of_file("report.html"), format_of_file("call.TextGrid"), format_of_file("call")
    ('html', 'textgrid', None)
    """
    known = {".htm": "html"} | {_own(name).SUFFIX: name for name in _own_names()}
    # Text for Audacity is not told from other text by its name.
    known |= {registry.load("format", name).SUFFIX.lower(): name for name in TURN_FORMATS if name != "audacity"}
    return known.get(PurePath(path).suffix.lower())


def _own_names() -> list[str]:
    folder = str(Path(__file__).parent)
    return [info.name for info in pkgutil.iter_modules([folder]) if not info.name.startswith("_")]


def _own(name: str) -> Any:
    return importlib.import_module(f"{__package__}.{name}")
