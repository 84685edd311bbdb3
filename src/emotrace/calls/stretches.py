"""Arithmetic with stretches of time: what two parties share, what is left between them.

A *set of stretches* is a list of `Segment` in order of time that neither overlap nor touch; `union` makes one of
any segments.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from emotrace.types import Segment

Stretches = Sequence[Segment]


def union(segments: Iterable[Segment], gap: float = 0.0) -> list[Segment]:
    """Join segments, in any order, that overlap, touch or lie at most ``gap`` seconds apart.

    >>> union([Segment(2.0, 3.0), Segment(0.0, 1.0), Segment(0.5, 1.5)])
    [Segment(start=0.0, end=1.5), Segment(start=2.0, end=3.0)]
    """
    joined: list[Segment] = []
    for segment in sorted(segments):
        if joined and segment.start - joined[-1].end <= gap:
            joined[-1] = Segment(joined[-1].start, max(joined[-1].end, segment.end))
        elif segment.end > segment.start:
            joined.append(segment)
    return joined


def stretches_of(flags: NDArray[np.bool_], seconds: float) -> list[Segment]:
    """Give the stretches in which frames of ``seconds`` each are flagged.

    >>> stretches_of(np.array([False, True, True, False, True]), 0.5)
    [Segment(start=0.5, end=1.5), Segment(start=2.0, end=2.5)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [Segment(start * seconds, end * seconds) for start, end in edges.reshape(-1, 2).tolist()]


def common(first: Stretches, second: Stretches) -> list[Segment]:
    """Give what two sets of stretches share.

    >>> common([Segment(0.0, 2.0)], [Segment(1.0, 3.0)])
    [Segment(start=1.0, end=2.0)]
    """
    shared: list[Segment] = []
    i = j = 0
    while i < len(first) and j < len(second):
        start, end = max(first[i].start, second[j].start), min(first[i].end, second[j].end)
        if start < end:
            shared.append(Segment(start, end))
        if first[i].end < second[j].end:
            i += 1
        else:
            j += 1
    return shared


def without(first: Stretches, second: Stretches) -> list[Segment]:
    """Give what the first set of stretches has and the second has not.

    >>> without([Segment(0.0, 3.0)], [Segment(1.0, 2.0)])
    [Segment(start=0.0, end=1.0), Segment(start=2.0, end=3.0)]
    """
    left: list[Segment] = []
    j = 0
    for segment in first:
        reached = segment.start
        while j < len(second) and second[j].end <= reached:
            j += 1
        k = j
        while k < len(second) and second[k].start < segment.end:
            if second[k].start > reached:
                left.append(Segment(reached, second[k].start))
            reached = max(reached, second[k].end)
            k += 1
        if reached < segment.end:
            left.append(Segment(reached, segment.end))
    return left


def widen(stretches: Stretches, seconds: float, duration: float) -> list[Segment]:
    """Let each stretch begin and end ``seconds`` earlier and later, within ``[0, duration]``."""
    return union(Segment(max(0.0, s.start - seconds), min(duration, s.end + seconds)) for s in stretches)


def total(stretches: Stretches) -> float:
    """Give the length of all stretches together, in seconds."""
    return sum(stretch.duration for stretch in stretches)


def overlap(segment: Segment, stretches: Stretches) -> float:
    """Give for how many seconds of ``segment`` the stretches last."""
    return total(within(segment, stretches))


def within(segment: Segment, stretches: Stretches) -> list[Segment]:
    """Give the parts of the stretches that lie in ``segment``; quick among many."""
    first = bisect_right(stretches, segment.start, key=lambda stretch: stretch.end)
    last = bisect_left(stretches, segment.end, key=lambda stretch: stretch.start)
    return common([segment], stretches[first:last])
