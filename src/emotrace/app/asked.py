"""What a page's script asks for: plain records, which anybody could have sent."""

from __future__ import annotations

from typing import Any, TypeVar

from emotrace.errors import UsageError

Kind = TypeVar("Kind")


def take(asked: Any, name: str, kind: type[Kind]) -> Kind:
    """Give the value ``name`` of what was asked, if it is of the right kind.

    Raises
    ------
    UsageError
        If it is not.

    >>> take({"clip": "a.flac"}, "clip", str)
    'a.flac'
    """
    value = asked.get(name) if isinstance(asked, dict) else None
    if not isinstance(value, kind):
        raise UsageError("the page and emotrace do not understand each other; load the page anew")
    return value
