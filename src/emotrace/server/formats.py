"""In which formats a result can be had: those of the command line, by name or by media type."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, TextIO

from emotrace.errors import UnknownNameError
from emotrace.registry import load, names
from emotrace.server.problems import Problem
from emotrace.types import Prediction

Task = Literal["predict", "analyze"]

_WRITERS = {"predict": "write_predictions", "analyze": "write_timelines"}
_PLAIN = "text/plain"
# Where several formats share a media type, the first is meant by ``Accept``. What is not listed is plain text.
_MEDIA_TYPES = {
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "csv": "text/csv",
    "vtt": "text/vtt",
    "emotionml": "application/emotionml+xml",
    "table": _PLAIN,
}


@functools.cache
def format_names(task: Task) -> tuple[str, ...]:
    """List the formats that a task can answer in, JSON first."""
    found = [name for name in names("format") if hasattr(load("format", name), _WRITERS[task])]
    return tuple(sorted(found, key=lambda name: (name != "json", name)))


def media_type(name: str) -> str:
    """Give what ``Content-Type`` calls a format.

    >>> media_type("json"), media_type("vtt")
    ('application/json', 'text/vtt; charset=utf-8')
    """
    kind = _MEDIA_TYPES.get(name, _PLAIN)
    # JSON is UTF-8 by itself, and XML says what it is.
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def load_writer(name: str, task: Task) -> Callable[[Sequence[Any], TextIO], None]:
    """Give what writes the results of a task in a format.

    Raises
    ------
    UnknownNameError
        If there is no such format, or it is not for this task.
    """
    known = format_names(task)
    if name not in known:
        raise UnknownNameError("format for timelines" if task == "analyze" else "format for clips", name, known)
    if (name, task) == ("json", "predict"):
        return _write_record
    writer: Callable[[Sequence[Any], TextIO], None] = getattr(load("format", name), _WRITERS[task])
    return writer


def choose_format(wanted: str | None, accept: str | None, task: Task) -> str:
    """Give the format that a request wants: by name, else by its ``Accept`` header, else JSON.

    Raises
    ------
    UnknownNameError
        If there is none of that name.
    Problem
        406 if ``Accept`` names nothing that can be given.
    """
    if wanted is not None:
        load_writer(wanted, task)
        return wanted
    if not accept:
        return "json"
    offered = sorted(format_names(task), key=_rank)
    for kind in _accepted(accept):
        for name in offered:
            if _fits(kind, media_type(name).partition(";")[0]):
                return name
    kinds = ", ".join(dict.fromkeys(media_type(name).partition(";")[0] for name in offered))
    raise Problem(406, "not-acceptable", f"this cannot be given as the Accept header wants; possible: {kinds}")


def _write_record(predictions: Iterable[Prediction], stream: TextIO) -> None:
    # One clip is one record, not a list of one, as it would be at the command line.
    (prediction,) = predictions
    stream.write(json.dumps(prediction.to_dict(), ensure_ascii=False, allow_nan=False, indent=1) + "\n")


def _rank(name: str) -> int:
    order = list(_MEDIA_TYPES)
    return order.index(name) if name in order else len(order)


def _accepted(accept: str) -> list[str]:
    """Give the media ranges of an ``Accept`` header (RFC 9110, 12.5.1) but the refused, the most wanted first."""
    ranges = []
    for part in accept.split(","):
        kind, *params = (piece.strip().lower() for piece in part.split(";"))
        quality = next((_number(p[2:]) for p in params if p.startswith("q=")), 1.0)
        if kind and quality > 0:
            ranges.append((quality, kind))
    # Stable: among equals, the order of the client.
    return [kind for _, kind in sorted(ranges, key=lambda each: -each[0])]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _fits(wanted: str, offered: str) -> bool:
    main, _, _ = wanted.partition("/")
    return wanted in ("*/*", offered) or (wanted.endswith("/*") and offered.startswith(main + "/"))
