"""The runs of a timeline as intervals fit for a text format: rounded, ordered, within the recording."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from emotrace.errors import UsageError
from emotrace.reports._text import printable
from emotrace.types import Prediction, Segment, Timeline


class Interval(NamedTuple):
    """A stretch in seconds and what was heard in it."""

    start: float
    end: float
    heard: Prediction


def rounded_duration(timeline: Timeline, decimals: int) -> float:
    """Give the duration with ``decimals`` digits, rounded down: no interval may end after the recording."""
    unit = 10.0**decimals
    units = timeline.duration * unit
    # The tolerance keeps 0.29 s from becoming 0.289 s because of how binary numbers hold it.
    return math.floor(units + 4.0 * math.ulp(units)) / unit


def run_intervals(timeline: Timeline, decimals: int) -> list[Interval]:
    """Give the runs of ``timeline`` with times rounded to ``decimals`` digits.

    The intervals are in order, do not overlap, lie within the recording, and are longer than nothing even
    after rounding.
    """
    limit = rounded_duration(timeline, decimals)
    intervals: list[Interval] = []
    reached = 0.0
    for run in timeline.runs():
        start = max(round(run.segment.start, decimals), reached)
        end = min(round(run.segment.end, decimals), limit)
        # The last run may end with the recording itself, a fraction of the last digit later.
        if end > start:
            intervals.append(Interval(start, end, run))
            reached = end
    return intervals


def speech_intervals(timeline: Timeline, decimals: int) -> list[Interval]:
    """Give the stretches in which somebody speaks, cut where the emotion changes.

    A run with speech in which the timeline names no stretch of it is given whole: better a stretch too
    long than an emotion lost.
    """
    stretches = sorted(timeline.speech)
    ends = [stretch.end for stretch in stretches]
    intervals: list[Interval] = []
    for run in run_intervals(timeline, decimals):
        if run.heard.is_speech:
            pieces = _cut(stretches[bisect_right(ends, run.start) :], run, decimals)
            intervals.extend(pieces or [run])
    return intervals


def _cut(stretches: Sequence[Segment], run: Interval, decimals: int) -> list[Interval]:
    """Give the parts of ``stretches`` (in order of time) within ``run``."""
    pieces = []
    reached = run.start
    for stretch in stretches:
        if stretch.start >= run.end:
            break
        start = max(round(stretch.start, decimals), reached)
        end = min(round(stretch.end, decimals), run.end)
        if end > start:
            pieces.append(Interval(start, end, run.heard))
            reached = end
    return pieces


def one_recording(timelines: Sequence[Timeline], format_name: str) -> str:
    """Give the one file that all ``timelines`` are channels of.

    Raises
    ------
    UsageError
        If there is no timeline, or they are of several files: such a format has a single time axis.
    """
    files = list(dict.fromkeys(timeline.file for timeline in timelines))
    if len(files) != 1:
        first = ", ".join(printable(file) for file in files[:3]) + (", ..." if len(files) > 3 else "")
        named = f"{len(files)} ({first})" if files else "none"
        raise UsageError(
            f"the format '{format_name}' holds one recording, got {named}; "
            "write each recording to its own file, or use jsonl, csv or rttm"
        )
    return files[0]
