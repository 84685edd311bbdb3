"""Strict TOML: a file becomes one frozen record, or one sentence that says where it is wrong and what may stand.

A record is a frozen dataclass. Its fields are the keys, with types and defaults: text, numbers, true or false,
tuples and mappings of these, further records (tables ``[key]``) and tuples of records (tables ``[[key]]``); and
``object``, for values of any of these types that somebody else knows to check. Its
``__post_init__`` checks ranges: it raises the error class that the caller names, with the key, and the reader says
where.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from emotrace.errors import EmotraceError, suggest

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover
    import tomli as tomllib

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MAX_BYTES = 1_000_000
"""The largest file that is read."""

_Record = TypeVar("_Record", bound="DataclassInstance")
_Error = type[EmotraceError]


def read_record(record: type[_Record], path: Path, error: _Error) -> _Record:
    """Read a whole file as one record.

    Raises
    ------
    error
        As `read_table` and `parse_record`; the sentence begins with the file.
    """
    return parse_record(record, read_table(path, error), show_file(path), error)


def read_table(path: Path, error: _Error) -> dict[str, Any]:
    """Read a TOML file.

    Raises
    ------
    error
        If it cannot be read, is larger than `MAX_BYTES`, or is not TOML in UTF-8.
    """
    with saying_where(show_file(path), error):
        content = _read(path, error)
        try:
            return tomllib.loads(content.decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise error("is not UTF-8 text; save it with UTF-8 encoding") from None
        except RecursionError:
            raise error("is not TOML: nested too deeply") from None
        except ValueError as problem:  # TOMLDecodeError is one, and so is a number of too many digits
            raise error(f"is not TOML: {' '.join(str(problem).split())[:200]}") from None


def parse_record(record: type[_Record], table: Mapping[str, Any], where: str, error: _Error) -> _Record:
    """Build a record of a table; ``where`` begins what is said of it, for instance ``my.toml: [motion]``.

    Raises
    ------
    error
        For a key that is unknown, missing, of another type or out of range.
    """
    hints = typing.get_type_hints(record)
    known = {spec.name: spec for spec in dataclasses.fields(record)}
    with saying_where(where, error):
        for key in table:
            if key not in known:
                raise error(f"unknown key '{_show_key(key)}'; {suggest(_show_key(key), known)}")
        for key, spec in known.items():
            if key not in table and spec.default is spec.default_factory is dataclasses.MISSING:
                raise error(f"key '{key}' is missing; it must be {_describe(hints[key], f'[{key}]')}")
    reader = _Reader(where, error)
    values = {key: reader.value(hints[key], value, f"[{key}]", f"key '{key}'") for key, value in table.items()}
    with saying_where(where, error):
        return record(**values)


@contextlib.contextmanager
def saying_where(where: str, error: _Error) -> Iterator[None]:
    """Begin the sentence of an ``error`` that is raised within by ``where``."""
    try:
        yield
    except error as problem:
        raise error(f"{where}: {problem}") from None


def show_file(path: Path) -> str:
    """Give a file's name in one printable line."""
    name = str(path)
    return name if name.isprintable() else ascii(name)


def _read(path: Path, error: _Error) -> bytes:
    try:
        # Looked at before it is opened: opening a pipe would wait for its writer.
        if path.exists() and not path.is_file():
            raise error("is not a file; give a TOML file")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise error("no such file; check the path") from None
    except (OSError, ValueError) as problem:  # a name too long, a null byte, no permission ...
        reason = (getattr(problem, "strerror", None) or str(problem)).lower()
        raise error(f"cannot be read ({reason}); check the path") from None
    if len(content) > MAX_BYTES:
        raise error(f"is larger than {MAX_BYTES // 1_000_000} MB, which no such file is")
    return content


@dataclasses.dataclass(frozen=True)
class _Reader:
    """Turns the values of one table into those of a record."""

    where: str
    error: _Error

    def value(self, hint: Any, value: Any, table: str, place: str) -> Any:
        """Read one value; messages call it ``place``, and ``table`` if it is a record."""
        hint = _without_none(hint)
        origin, items = typing.get_origin(hint), typing.get_args(hint)
        # No dates and times, which are neither JSON nor anybody's parameter.
        if hint is object and isinstance(value, str | bool | int | float | list | dict):
            return value
        if dataclasses.is_dataclass(hint) and isinstance(hint, type) and isinstance(value, dict):
            return parse_record(hint, value, f"{self.where}: {table}", self.error)
        if origin is tuple and isinstance(value, list):
            return tuple(
                self.value(items[0], item, f"[{table}] {i}{_called(item)}", f"{place}, entry {i}")
                for i, item in enumerate(value, start=1)
            )
        if origin is Mapping and isinstance(value, dict):
            shown = {key: f"{place}.{_show_key(key)}" for key in value}
            inner = {key: f"{table[:-1]}.{_show_key(key)}]" for key in value}
            return {key: self.value(items[1], item, inner[key], shown[key]) for key, item in value.items()}
        if hint is float and _is_number(value) and abs(value) < 1e300 and math.isfinite(value):
            return float(value)
        # TOML promises 64 bits.
        if hint is int and _is_number(value) and isinstance(value, int) and abs(value) < 2**63:
            return value
        if hint in (str, bool) and isinstance(value, hint):
            return value
        raise self.error(f"{self.where}: {place} must be {_describe(hint, table)}, got {_show(value)}")


def _called(item: Any) -> str:
    """Give the name of a table among several that has one, in brackets."""
    name = item.get("name") if isinstance(item, dict) else None
    return f" ('{name[:60]}')" if isinstance(name, str) and name.strip() and name.isprintable() else ""


def _without_none(hint: Any) -> Any:
    """Give the type of a key that may be left out; TOML has no value for None."""
    if isinstance(hint, types.UnionType):
        (hint,) = (choice for choice in typing.get_args(hint) if choice is not type(None))
    return hint


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_SINGULARS: Mapping[Any, str] = {
    str: "text in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    object: "a text, a number, true, false, or a list or table of these",
}
_PLURALS: Mapping[Any, str] = {
    str: "texts in quotes",
    int: "whole numbers",
    float: "numbers",
    object: "parameters",
}


def _describe(hint: Any, table: str) -> str:
    hint = _without_none(hint)
    origin, items = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        return f"tables [{table}]" if dataclasses.is_dataclass(items[0]) else f"a list of {_PLURALS[items[0]]}"
    if origin is Mapping:
        return f"a table of {'tables' if dataclasses.is_dataclass(items[1]) else _PLURALS[items[1]]}"
    return f"a table {table}" if dataclasses.is_dataclass(hint) else _SINGULARS[hint]


def _show(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    # A list or a table may be long, and a number may be too long to be written.
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    shown = "a very large number" if isinstance(value, int) and abs(value) > 10**40 else repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def _show_key(key: str) -> str:
    # In one line, whatever stands in it.
    shown = repr(key)[1:-1]
    return shown if len(shown) <= 40 else f"{shown[:37]}..."
