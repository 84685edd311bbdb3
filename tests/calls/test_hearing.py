"""The second pass: each turn's own audio, and nothing of anybody else's."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace.calls.hearing import LONGEST_TURN_SECONDS, TurnCutter
from emotrace.calls.stretches import union
from emotrace.types import Segment

RATE = 20
_turns = st.lists(st.tuples(st.integers(0, 380), st.integers(1, 60)), max_size=8).map(
    lambda pairs: union(Segment(a / RATE, min(a + n, 400) / RATE) for a, n in pairs)
)


@settings(max_examples=80)
@given(turns=_turns, cuts=st.lists(st.integers(0, 400), max_size=8))
def test_any_blocks_give_the_same_turns(turns: list[Segment], cuts: list[int]) -> None:
    signal = np.arange(400, dtype=np.float32)
    cutter = TurnCutter(turns, RATE)
    found = [cut for block in np.split(signal, sorted(cuts)) for cut in cutter.push(block)] + cutter.close()
    assert len(found) == len(turns)
    for cut, turn in zip(found, turns, strict=True):
        start, end = round(turn.start * RATE), round(turn.end * RATE)
        np.testing.assert_array_equal(cut.turn, signal[start:end])
        assert set(cut.turn) <= set(cut.signal)
        others = [t for t in turns if t is not turn]
        for other in others:
            inside = signal[round(other.start * RATE) : round(other.end * RATE)]
            assert not set(inside) & set(cut.signal), "a margin reaches into another turn"


def test_margins_are_half_a_second() -> None:
    signal = np.arange(400, dtype=np.float32)
    cutter = TurnCutter([Segment(5.0, 6.0)], RATE)
    (cut,) = [*cutter.push(signal), *cutter.close()]
    assert (cut.signal[0], cut.signal[-1]) == (90.0, 129.0)


def test_a_turn_that_the_recording_breaks_off_is_given_as_it_is() -> None:
    cutter = TurnCutter([Segment(1.0, 9.0)], RATE)
    assert cutter.push(np.ones(40, np.float32)) == []
    (cut,) = cutter.close()
    assert cut.turn.size == 20


def test_of_an_endless_turn_only_the_beginning_is_held() -> None:
    cutter = TurnCutter([Segment(0.0, 3600.0)], RATE)
    cuts = []
    for _ in range(360):
        cuts += cutter.push(np.ones(10 * RATE, np.float32))
        assert cutter._buffer.size <= (LONGEST_TURN_SECONDS + 20) * RATE
    assert [cut.turn.size for cut in cuts] == [LONGEST_TURN_SECONDS * RATE]
