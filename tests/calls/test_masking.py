"""Only a party's own stretches are let through."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace.calls.masking import Mask
from emotrace.calls.stretches import union
from emotrace.types import Segment

RATE = 100
_stretches = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 80)), max_size=8).map(
    lambda pairs: union(Segment(a / RATE, (a + n) / RATE) for a, n in pairs)
)


@settings(max_examples=60)
@given(kept=_stretches, cuts=st.lists(st.integers(0, 300), max_size=6))
def test_any_blocks_give_the_same(kept: list[Segment], cuts: list[int]) -> None:
    signal = np.arange(1, 301, dtype=np.float32)
    mask = Mask(kept, RATE)
    pushed = np.concatenate([mask.push(block) for block in np.split(signal, sorted(cuts))])
    expected = np.zeros_like(signal)
    for stretch in kept:
        piece = slice(round(stretch.start * RATE), round(stretch.end * RATE))
        expected[piece] = signal[piece]
    np.testing.assert_array_equal(pushed, expected)


def test_no_mask_lets_everything_through_and_an_empty_one_nothing() -> None:
    signal = np.ones(10, dtype=np.float32)
    assert Mask(None, RATE).push(signal).all()
    assert not Mask([], RATE).push(signal).any()
