from __future__ import annotations

import librosa
import numpy as np
import pytest

from emotrace.learn.augment.speed import Speed


@pytest.mark.parametrize("factor", [0.5, 0.9, 1.1, 1.3])
def test_tempo_and_pitch_move_together(factor, tone):
    rate = 16_000
    fast = Speed(factor)(tone(300.0, rate), rate, np.random.default_rng(1))
    assert fast.size == round(rate / factor)
    spectrum = np.abs(np.fft.rfft(fast * np.hanning(fast.size), 1 << 18))
    assert spectrum.argmax() * rate / (1 << 18) == pytest.approx(300.0 * factor, abs=0.5)


def test_agrees_with_librosa(speech):
    ours = Speed(1.25)(speech(16_000), 16_000, np.random.default_rng(1))
    theirs = librosa.resample(speech(16_000), orig_sr=20_000, target_sr=16_000, res_type="fft")
    np.testing.assert_allclose(ours[500:-500], theirs[500:-500], atol=0.01)


def test_nothing_folds_back():
    rate = 16_000
    high = np.sin(2 * np.pi * 7_500 * np.arange(rate) / rate).astype(np.float32)
    fast = Speed(1.5)(high, rate, np.random.default_rng(1))
    assert fast[500:-500].std() < 0.01
