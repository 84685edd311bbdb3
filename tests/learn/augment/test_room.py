from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.learn.augment.room import Room

RATE = 16_000


def measure_rt60(response: np.ndarray, rate: int) -> float:
    """Give the reverberation time by M. R. Schroeder's backward integration (1965), from -5 to -35 dB (T30)."""
    energy = np.cumsum(response[::-1] ** 2)[::-1]
    level = 10 * np.log10(energy / energy[0])
    inside = np.flatnonzero((level <= -5) & (level >= -35))
    slope = np.polyfit(inside / rate, level[inside], 1)[0]
    return -60.0 / slope


@pytest.mark.parametrize("rt60", [0.2, 0.5, 1.0, 2.5])
@pytest.mark.parametrize("rate", [8_000, 48_000])
def test_the_tail_falls_by_60_db_in_the_reverberation_time(rt60, rate):
    measured = []
    for seed in range(10):
        response = Room(rt60, 0.0).draw(1, rate, np.random.default_rng(seed))
        # Behind the direct sound and the early reflections.
        measured.append(measure_rt60(response[round(0.04 * rate) :], rate))
    assert np.mean(measured) == pytest.approx(rt60, rel=0.06)


def test_the_room_is_heard_in_the_signal():
    click = np.zeros(2 * RATE, np.float32)
    click[0] = 0.5
    wet = Room(0.6, 0.0)(click, RATE, np.random.default_rng(4))
    assert wet[0] == pytest.approx(0.5)
    assert measure_rt60(wet[round(0.04 * RATE) : round(0.6 * RATE)], RATE) == pytest.approx(0.6, rel=0.15)


@given(st.integers(0, 10**6), st.floats(-30, 60), st.floats(0.05, 2.0), st.sampled_from([1_000, 8_000, 22_050]))
def test_direct_to_reverberant_ratio_is_exact(seed, ratio_db, rt60, rate):
    response = Room(rt60, ratio_db).draw(1, rate, np.random.default_rng(seed))
    assert response[0] == 1.0
    assert 10 * np.log10(1.0 / np.sum(response[1:] ** 2)) == pytest.approx(ratio_db, abs=1e-6)
    assert not response[1 : round(0.004 * rate)].any(), "no reflection comes before the first wall is reached"


def test_convolution_agrees_with_numpys(speech):
    room = Room()
    drawn = room.draw(1, RATE, np.random.default_rng(2))
    wet = room.apply(speech(RATE), RATE, drawn)
    np.testing.assert_allclose(wet, np.convolve(speech(RATE), drawn)[: wet.size], atol=1e-5)


def test_far_away_smears_more_than_near(speech):
    def pauses(ratio_db: float) -> float:
        wet = Room(1.0, ratio_db)(speech(RATE), RATE, np.random.default_rng(1))
        frames = np.square(wet[: wet.size // 320 * 320]).reshape(-1, 320).mean(axis=1)
        return float(np.quantile(frames, 0.2) / frames.mean())

    assert pauses(-6.0) > 3.0 * pauses(20.0)
