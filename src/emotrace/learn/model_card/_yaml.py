"""Plain values as YAML 1.2, of which JSON's strings and numbers are a part."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def to_yaml(values: Mapping[str, Any]) -> str:
    """Give a mapping of words, numbers, lists and mappings as YAML in blocks.

    >>> print(to_yaml({"tags": ["a: b", 1], "nested": [{"x": True, "y": []}]}), end="")
    tags:
    - "a: b"
    - 1
    nested:
    - x: true
      y: []
    """
    return "".join(f"{line}\n" for line in _mapping(values))


def _mapping(values: Mapping[str, Any]) -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield f"{key}:"
            yield from (f"  {line}" for line in _mapping(value))
        elif isinstance(value, list | tuple) and value:
            yield f"{key}:"
            for item in value:
                yield from _item(item)
        else:
            yield f"{key}: {_scalar(value)}"


def _item(item: Any) -> Iterator[str]:
    lines = _mapping(item) if isinstance(item, Mapping) and item else iter([_scalar(item)])
    for place, line in enumerate(lines):
        yield f"{'- ' if place == 0 else '  '}{line}"


def _scalar(value: Any) -> str:
    # What is nested deeper than blocks go stands as JSON, which is YAML too.
    return json.dumps(_printable(value), ensure_ascii=False, allow_nan=False)


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return "".join(c if c.isprintable() else "?" for c in value)
    if isinstance(value, list | tuple):
        return [_printable(item) for item in value]
    return {key: _printable(item) for key, item in value.items()} if isinstance(value, Mapping) else value
