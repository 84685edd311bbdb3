from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from emotrace.features import log_mel, periodicity

RATE = 16_000


def voice(hz: float, seconds: float = 0.5, rate: int = RATE) -> NDArray[np.float32]:
    """Make a tone with overtones."""
    time = np.arange(round(seconds * rate)) / rate
    return (0.1 * sum(np.sin(2.0 * np.pi * k * hz * time) / k for k in range(1, 7))).astype(np.float32)


def noise(n_samples: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0.0, 0.1, n_samples).astype(np.float32)


@settings(max_examples=30)
@given(hz=st.floats(70.0, 470.0), gain=st.floats(1e-3, 5.0))
def test_a_voice_is_a_ridge_at_its_pitch(hz, gain):
    alike = periodicity.extract(gain * voice(hz), RATE)[2:-3]
    # Two periods are as alike as one: the shortest ridge is the pitch.
    is_ridge = alike > 0.9 * alike.max()
    highest = np.array([np.flatnonzero(frame)[-1] for frame in is_ridge])
    found = periodicity.pitches_hz()[highest]
    assert (np.abs(np.log2(found / hz)) < 0.2).all()
    assert alike.max(axis=1).min() > 0.8


def test_equals_the_autocorrelation_of_the_samples():
    # What is below 4 kHz, correlated sample by sample, at a whole number of samples.
    signal = voice(200.0)
    alike = periodicity.extract(signal, RATE)
    start = 256 * 10 - periodicity.MARGIN
    frame = signal[start : start + periodicity.FRAME_LENGTH].astype(np.float64)
    window = periodicity.window()
    frame = (frame - frame.mean()) * window
    lags = np.arange(32, 267)
    ours = np.array([frame[lag:] @ frame[:-lag] for lag in lags]) / (frame @ frame)
    own = np.array([window[lag:] @ window[:-lag] for lag in lags]) / (window @ window)
    expected = np.interp(RATE / periodicity.pitches_hz(), lags, np.maximum(ours / own, periodicity.LEAST))
    np.testing.assert_allclose(alike[10], expected, atol=0.02)


@given(gain=st.floats(1e-2, 10.0))
def test_gain_changes_nothing(gain):
    np.testing.assert_allclose(
        periodicity.extract(gain * noise(4_000), RATE), periodicity.extract(noise(4_000), RATE), atol=1e-4
    )


def test_noise_has_no_period():
    assert np.abs(periodicity.extract(noise(16_000), RATE)).mean() < 0.15


def test_silence_is_zero():
    assert (periodicity.extract(np.zeros(2_048, np.float32), RATE) == 0.0).all()


def test_a_telephone_leaves_the_pitch():
    from emotrace.learn.augment.telephone import Telephone

    heard = Telephone()(voice(150.0), RATE, np.random.default_rng(0))
    best = periodicity.extract(heard, RATE)[5:-5, 20:].argmax(axis=1) + 20
    assert (np.abs(np.log2(periodicity.pitches_hz()[best] / 150.0)) < 0.1).all()


@given(n_samples=st.integers(0, 4_000))
def test_as_many_frames_as_log_mel(n_samples):
    frames = periodicity.extract(noise(n_samples), RATE)
    assert frames.shape == (log_mel.n_frames(n_samples), len(periodicity.NAMES))
    assert frames.dtype == np.float32
    assert ((frames >= periodicity.LEAST) & (frames < 1.2)).all()


def test_frames_stand_where_those_of_log_mel_do():
    signal = np.zeros(16_000, np.float32)
    signal[6_000:8_000] = voice(200.0, 0.125)
    loud = log_mel.extract(signal, RATE).max(axis=1)
    alike = periodicity.extract(signal, RATE).max(axis=1)
    assert np.ptp(np.flatnonzero(loud > -90.0) * 1.0) <= np.ptp(np.flatnonzero(alike > 0.2)) + 2
    centre = np.flatnonzero(alike > 0.5).mean()
    assert centre == pytest.approx(np.flatnonzero(loud > -90.0).mean(), abs=1.0)


def test_other_rates_and_shapes_are_refused():
    with pytest.raises(ValueError, match=r"8000 Hz"):
        periodicity.extract(noise(4_000), 8_000)
    with pytest.raises(ValueError, match=r"\(n_samples,\)"):
        periodicity.extract(np.zeros((2, 4_000), np.float32), RATE)
