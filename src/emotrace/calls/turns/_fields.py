"""The fields of a piece of a transcript, checked: whoever wrote the file is not trusted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from emotrace.calls.turns._turn import Turn
from emotrace.errors import TurnsError
from emotrace.types import Segment

MAX_TURNS = 100_000
"""Most pieces of one call."""

MAX_SECONDS = 24 * 3600.0
"""The longest recording that is read, and so the latest time a turn can have."""

MAX_SPEAKER_LENGTH = 200
"""Most characters of a speaker's name."""


def objects(value: Any, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the objects of a JSON list, each with its place, such as ``utterances[3]``."""
    if not isinstance(value, list):
        raise TurnsError(f"{where} must be a list, got {describe(value)}")
    if len(value) > MAX_TURNS:
        raise TurnsError(
            f"{where} has {len(value):,} entries, above the limit of {MAX_TURNS:,}; split the transcript"
        )
    for i, item in enumerate(value):
        if not isinstance(item, dict):
            raise TurnsError(f"{where}[{i}] must be an object, got {describe(item)}")
        yield f"{where}[{i}]", item


def turn_of(
    piece: Mapping[str, Any],
    where: str,
    *,
    start: str = "start",
    end: str = "end",
    speaker: str = "speaker",
    text: str = "text",
    per_second: int = 1,
) -> Turn:
    """Make a turn of an object; the arguments name its keys, and ``per_second`` is 1000 if its times are ms."""
    return Turn(
        segment_of(number_of(piece, start, where) / per_second, number_of(piece, end, where) / per_second, where),
        speaker_of(piece.get(speaker), f"{where}.{speaker}"),
        text_of(piece.get(text)),
    )


def number_of(piece: Mapping[str, Any], key: str, where: str) -> float:
    """Give a finite number; text such as ``"4.87"`` counts as one, because Amazon writes its times so."""
    value = piece.get(key)
    if value is None:
        raise TurnsError(f"{where} has no '{key}'; a turn needs a start, an end and a speaker")
    try:
        # Python would read 1_000 as a number.
        if isinstance(value, bool) or not isinstance(value, int | float | str) or "_" in str(value):
            raise ValueError
        number = float(value)
    except (ValueError, OverflowError):
        raise TurnsError(f"{where}.{key} must be a number, got {describe(value)}") from None
    if not math.isfinite(number):
        raise TurnsError(f"{where}.{key} must be a finite number, got {describe(value)}")
    return number


def segment_of(start: float, end: float, where: str) -> Segment:
    """Make a segment of times in seconds; they must run forwards, within a day."""
    if start < 0.0:
        raise TurnsError(f"{where} starts at {start:g} s; times count from 0, the start of the recording")
    if end < start:
        raise TurnsError(f"{where} ends at {end:g} s, before it starts at {start:g} s")
    if end > MAX_SECONDS:
        raise TurnsError(f"{where} ends at {end:g} s, beyond {MAX_SECONDS:,.0f} s, the longest recording allowed")
    return Segment(start, end)


def speaker_of(value: Any, where: str) -> str:
    """Give a speaker's name: a text that can be shown, or a number."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TurnsError(f"{where} must name a speaker by text or number, got {describe(value)}")
    # A number of thousands of digits could not even be written.
    name = value.strip() if isinstance(value, str) else str(value) if abs(value) < 10**9 else ""
    if not name or len(name) > MAX_SPEAKER_LENGTH or not name.isprintable():
        raise TurnsError(
            f"{where} must name a speaker in 1 to {MAX_SPEAKER_LENGTH} printable characters, got {describe(value)}"
        )
    return name


def text_of(value: Any) -> str | None:
    """Give what was said on one printable line; None where nothing is told."""
    if not isinstance(value, str) or not value.strip():
        return None
    line = " ".join(value.split())
    return line if line.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in line)


def describe(value: Any) -> str:
    """Name a JSON value in few printable words, for the end of a message.

    >>> describe([1]), describe("x"), describe(None)
    ('a list', "'x'", 'nothing')
    """
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else f"{value[:40]}...")
    if isinstance(value, int) and abs(value) >= 10**15:
        return "a number of many digits"
    return str(value).lower() if isinstance(value, bool) else str(value)
