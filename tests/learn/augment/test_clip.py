from __future__ import annotations

import numpy as np
import pytest

from emotrace.learn.augment.clip import Clip


@pytest.mark.parametrize("depth_db", [3.0, 10.0, 25.0])
def test_crests_are_cut_and_the_peak_stays(depth_db, tone):
    signal = tone(201.3, 16_000, amplitude=0.5)
    clipped = Clip(depth_db)(signal, 16_000, np.random.default_rng(1))
    peak = np.abs(signal).max()
    assert np.abs(clipped).max() == pytest.approx(peak)
    # A sine is beyond sin(a) for 1 - 2a/pi of its time.
    share = 1.0 - 2.0 / np.pi * np.arcsin(10 ** (-depth_db / 20))
    assert np.mean(np.abs(clipped) > 0.9999 * peak) == pytest.approx(share, abs=0.02)
    spectrum = np.abs(np.fft.rfft(clipped * np.hanning(clipped.size)))
    assert spectrum[604] > 0.02 * spectrum[201], "odd harmonics are heard"
    assert spectrum[403] < 0.001 * spectrum[201], "even ones are not, as it is symmetrical"


def test_depth_zero_is_the_signal(speech):
    np.testing.assert_array_equal(Clip(0.0)(speech(8_000), 8_000, np.random.default_rng(1)), speech(8_000))
