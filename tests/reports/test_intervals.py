"""Rounded times lie within the recording, by less than a writer of any format could show."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emotrace.reports._intervals import rounded_duration
from emotrace.types import Timeline


@given(duration=st.floats(0.0, 1e6), decimals=st.sampled_from([2, 3, 6]))
@example(duration=4.750999357035131, decimals=3)
def test_a_rounded_duration_ends_with_the_recording_or_before(duration: float, decimals: int) -> None:
    rounded = rounded_duration(Timeline("a.wav", "mix", duration, ()), decimals)
    assert rounded <= duration + 1e-8
    assert rounded > duration - 1.01 * 10.0**-decimals


@pytest.mark.parametrize("decimals", [2, 3, 6])
@given(units=st.integers(0, 10**8))
def test_what_is_short_already_stays_as_it_is(decimals: int, units: int) -> None:
    duration = float(Fraction(units, 10**decimals))
    assert rounded_duration(Timeline("a.wav", "mix", duration, ()), decimals) == duration
