"""JSON: one document with everything, as in ``emotrace/assets/call.schema.json``; turns and predictions one on a
line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TextIO

from emotrace.calls.call import Call
from emotrace.reports._records import to_json

SUFFIX = ".json"


def write_call(call: Call, stream: TextIO) -> None:
    """Write a call as one document."""
    write_document(call.to_dict(), stream)


def write_document(document: Mapping[str, Any], stream: TextIO) -> None:
    """Write what `Call.to_dict` gives, perhaps with further keys."""
    _write(document, stream, depth=0)
    stream.write("\n")


def _write(value: Any, stream: TextIO, depth: int) -> None:
    """Break the two outermost levels and lists of records into lines."""
    is_broken = bool(value) and ((isinstance(value, Mapping) and depth < 2) or _is_list_of_records(value))
    if not is_broken:
        stream.write(to_json(value, stream))
        return
    opening, closing = "{}" if isinstance(value, Mapping) else "[]"
    stream.write(opening)
    separator = "\n"
    for item in value:
        stream.write(separator + " " * (depth + 1))
        if isinstance(value, Mapping):
            stream.write(f"{to_json(item, stream)}: ")
            _write(value[item], stream, depth + 1)
        else:
            stream.write(to_json(item, stream))
        separator = ",\n"
    stream.write("\n" + " " * depth + closing)


def _is_list_of_records(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, Mapping) for item in value)
