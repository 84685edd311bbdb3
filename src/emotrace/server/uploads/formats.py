"""In which formats a result can be had: those of the command line, and their media types.

The workers use this, too: nothing of the web is imported here, so that they start soon and stay small.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, TextIO

from emotrace.errors import UnknownNameError
from emotrace.registry import load, names
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
    """List the formats that a task can answer in: JSON first, plain text last."""
    order = list(_MEDIA_TYPES)
    found = [name for name in names("format") if hasattr(load("format", name), _WRITERS[task])]
    return tuple(sorted(found, key=lambda name: (order.index(name) if name in order else len(order), name)))


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


def _write_record(predictions: Iterable[Prediction], stream: TextIO) -> None:
    # One clip is one record, not a list of one, as it would be at the command line.
    (prediction,) = predictions
    stream.write(json.dumps(prediction.to_dict(), ensure_ascii=False, allow_nan=False, indent=1) + "\n")
