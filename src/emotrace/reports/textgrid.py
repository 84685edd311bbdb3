"""Praat TextGrid, long text format: one interval tier per channel.

The intervals of a tier fill the recording from beginning to end. An interval's text is the emotion
(``anger?`` where uncertain) and, as usual in Praat, empty where nobody speaks. A recording of zero length
has tiers without intervals.

Source: the section "TextGrid file formats" of the Praat manual.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

from emotrace.reports._intervals import one_recording, rounded_duration, run_intervals
from emotrace.reports._text import channel_label, heard_label, printable
from emotrace.types import Timeline

SUFFIX = ".TextGrid"
DESCRIPTION = "Praat TextGrid, one interval tier per channel"

_DECIMALS = 9


def write_timelines(timelines: Sequence[Timeline], stream: TextIO) -> None:
    """Write one tier per channel of one recording.

    Raises
    ------
    UsageError
        If ``timelines`` are of several recordings, or there is none.
    """
    one_recording(timelines, "textgrid")
    duration = max(rounded_duration(timeline, _DECIMALS) for timeline in timelines)
    stream.write('File type = "ooTextFile"\nObject class = "TextGrid"\n\n')
    stream.write(f"xmin = 0\nxmax = {_number(duration)}\ntiers? <exists>\n")
    stream.write(f"size = {len(timelines)}\nitem []:\n")
    for number, timeline in enumerate(timelines, start=1):
        stream.write(f"    item [{number}]:\n")
        _write_tier(timeline, duration, stream)


def _write_tier(timeline: Timeline, duration: float, stream: TextIO) -> None:
    intervals = list(_tile(timeline, duration))
    name = channel_label(timeline.channel) or "emotion"
    stream.write(f'        class = "IntervalTier"\n        name = {_quoted(name)}\n')
    stream.write(f"        xmin = 0\n        xmax = {_number(duration)}\n")
    stream.write(f"        intervals: size = {len(intervals)}\n")
    for number, (start, end, text) in enumerate(intervals, start=1):
        stream.write(f"        intervals [{number}]:\n")
        stream.write(f"            xmin = {_number(start)}\n            xmax = {_number(end)}\n")
        stream.write(f"            text = {_quoted(text)}\n")


def _tile(timeline: Timeline, duration: float) -> Iterator[tuple[float, float, str]]:
    """Fill ``[0, duration]`` without a gap: what nothing is said of is an interval without text."""
    reached = 0.0
    for start, end, heard in run_intervals(timeline, _DECIMALS):
        if start > reached:
            yield reached, start, ""
        yield start, end, heard_label(heard) if heard.is_speech else ""
        reached = end
    if duration > reached:
        yield reached, duration, ""


def _number(seconds: float) -> str:
    return f"{seconds:.{_DECIMALS}f}".rstrip("0").rstrip(".")


def _quoted(text: str) -> str:
    # Praat writes a quotation mark within a text twice.
    return '"' + printable(text).replace('"', '""') + '"'
