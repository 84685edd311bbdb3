"""Reading TOML tables strictly: what does not fit is one sentence that names the file, the key and what may stand.

A record is a frozen dataclass whose fields are the keys, with types and defaults, and whose ``__post_init__``
checks the ranges by raising `AvatarError` with the key and what is allowed.
"""

from __future__ import annotations

import dataclasses
import math
import sys
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from emotrace.errors import AvatarError, suggest

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover
    import tomli as tomllib

_LARGEST_BYTES = 1_000_000
_Record = TypeVar("_Record")


def read_table(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises
    ------
    AvatarError
        If it cannot be read, is larger than 1 MB, or is not TOML.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise AvatarError(f"cannot read {path}: {reason}") from None
    if len(data) > _LARGEST_BYTES:
        raise AvatarError(f"{path}: larger than {_LARGEST_BYTES // 1_000_000} MB; that is no such file")
    try:
        return tomllib.loads(data.decode("utf-8"))
    except RecursionError:
        raise AvatarError(f"{path}: not TOML that can be read: nested too deeply") from None
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
        raise AvatarError(f"{path}: not TOML that can be read: {' '.join(str(error).split())}") from None


def parse_table(record: type[_Record], table: Any, where: str) -> _Record:
    """Build ``record`` from a table; ``where`` says which one, for instance ``my.toml: [motion]``.

    Raises
    ------
    AvatarError
        For a key that is unknown, missing, of another type or out of range.
    """
    if not isinstance(table, dict):
        raise AvatarError(f"{where} must be a table, got {_show(table)}")
    # Every record here is a dataclass; mypy cannot say so of a type variable.
    known = {spec.name: spec for spec in dataclasses.fields(record)}  # type: ignore[arg-type]
    hints = typing.get_type_hints(record)
    for key in table:
        if key not in known:
            raise AvatarError(f"{where}: unknown key '{_show_key(key)}'; {suggest(_show_key(key), known)}")
    for key, spec in known.items():
        has_default = spec.default is not dataclasses.MISSING or spec.default_factory is not dataclasses.MISSING
        if key not in table and not has_default:
            raise AvatarError(f"{where}: key '{key}' is missing; it must be {_describe(hints[key])}")
    values = {key: _convert(hints[key], value, f"{where}: key '{key}'") for key, value in table.items()}
    try:
        return record(**values)
    except AvatarError as error:
        raise AvatarError(f"{where}: {error}") from None


def _convert(hint: Any, value: Any, where: str) -> Any:
    if isinstance(hint, types.UnionType):
        # None is the default where a key may be left out; TOML has no such value.
        (hint,) = (choice for choice in typing.get_args(hint) if choice is not type(None))
    origin = typing.get_origin(hint)
    if origin is tuple and isinstance(value, list):
        item = typing.get_args(hint)[0]
        return tuple(_convert(item, element, f"{where}, entry {i}") for i, element in enumerate(value, 1))
    if origin is Mapping and isinstance(value, dict):
        item = typing.get_args(hint)[1]
        return {key: _convert(item, element, f"{where}.{_show_key(key)}") for key, element in value.items()}
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if hint is float and is_number and abs(value) < 1e300 and math.isfinite(value):
        return float(value)
    if hint is int and is_number and isinstance(value, int) and abs(value) < 2**31:
        return value
    if hint in (str, bool) and isinstance(value, hint):
        return value
    raise AvatarError(f"{where} must be {_describe(hint)}, got {_show(value)}")


def _describe(hint: Any) -> str:
    if isinstance(hint, types.UnionType):
        (hint,) = (choice for choice in typing.get_args(hint) if choice is not type(None))
    origin = typing.get_origin(hint)
    if origin is tuple:
        return f"a list of {_PLURALS[typing.get_args(hint)[0]]}"
    if origin is Mapping:
        return f"a table of {_PLURALS[typing.get_args(hint)[1]]}"
    return _SINGULARS[hint]


_SINGULARS: dict[Any, str] = {
    str: "text in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}
_PLURALS: dict[Any, str] = {str: "texts in quotes", int: "whole numbers", float: "numbers", bool: "true and false"}


def _show(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    # A list or a table may be long, and a number may be too long to be written.
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    shown = "a very large number" if isinstance(value, int) and abs(value) > 10**40 else repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _show_key(key: str) -> str:
    # In one line, whatever stands in it.
    shown = repr(key)[1:-1]
    return shown if len(shown) <= 40 else shown[:37] + "..."
