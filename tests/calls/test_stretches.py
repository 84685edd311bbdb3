"""Arithmetic with stretches of time, against counting the moments one by one."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from emotrace.calls.stretches import common, overlap, total, union, widen, within, without
from emotrace.types import Segment

_segments = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 8)).map(lambda t: Segment(float(t[0]), float(t[0] + t[1]))),
    max_size=12,
)


def _moments(stretches: list[Segment]) -> set[int]:
    return {moment for s in stretches for moment in range(int(s.start), int(s.end))}


def _is_a_set(stretches: list[Segment]) -> bool:
    return all(a.end < b.start for a, b in pairwise(stretches)) and all(s.duration > 0 for s in stretches)


@given(first=_segments, second=_segments)
def test_sets_of_stretches_are_sets_of_moments(first: list[Segment], second: list[Segment]) -> None:
    a, b = union(first), union(second)
    assert _is_a_set(a)
    assert _moments(a) == _moments(first)
    assert _moments(common(a, b)) == _moments(a) & _moments(b)
    assert _moments(without(a, b)) == _moments(a) - _moments(b)
    assert _is_a_set(without(a, b))
    assert total(a) == len(_moments(a))


@given(stretches=_segments, start=st.integers(0, 40), length=st.integers(1, 20))
def test_parts_within_a_segment(stretches: list[Segment], start: int, length: int) -> None:
    whole = union(stretches)
    segment = Segment(float(start), float(start + length))
    expected = _moments(whole) & set(range(start, start + length))
    assert _moments(within(segment, whole)) == expected
    assert overlap(segment, whole) == len(expected)


def test_widening_stays_within_the_recording_and_joins() -> None:
    stretches = [Segment(0.2, 1.0), Segment(1.6, 2.0), Segment(9.0, 9.9)]
    assert widen(stretches, 0.5, 10.0) == [Segment(0.0, 2.5), Segment(8.5, 10.0)]


def test_gaps_are_bridged_up_to_their_length() -> None:
    assert union([Segment(0.0, 1.0), Segment(1.5, 2.0), Segment(2.6, 3.0)], gap=0.5) == [
        Segment(0.0, 2.0),
        Segment(2.6, 3.0),
    ]
