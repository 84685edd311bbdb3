"""Voices elsewhere: what is laid on them, how loud it is, and what it leaves alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace.learn.training.surroundings import surround

RATE = 16_000


def voice(seconds: float = 1.5) -> np.ndarray:
    """Harmonics and a hiss that swell, 0.3 at their loudest."""
    time = np.arange(round(seconds * RATE)) / RATE
    harmonics = sum(np.sin(2 * np.pi * 150.0 * k * time) / k for k in range(1, 20))
    swell = np.clip(np.sin(2 * np.pi * 2.0 * time), 0.0, None)
    hiss = 0.3 * np.random.default_rng(0).standard_normal(time.size)
    return (0.15 * swell * (harmonics + hiss)).astype(np.float32)


def power_above(signal: np.ndarray, hz: float) -> float:
    spectrum = np.abs(np.fft.rfft(signal.astype(np.float64))) ** 2
    return float(spectrum[np.fft.rfftfreq(signal.size, 1 / RATE) > hz].sum() / spectrum.sum())


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), n_samples=st.integers(1, 20_000))
def test_keeps_length_and_gives_numbers(seed, n_samples):
    signal = voice()[:n_samples]
    heard = surround(signal, np.random.default_rng(seed))
    assert heard.shape == signal.shape
    assert heard.dtype == np.float32
    assert np.isfinite(heard).all()


def test_the_same_draw_gives_the_same_and_the_signal_stays_as_it_was():
    signal = voice()
    before = signal.copy()
    one, two = (surround(signal, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(signal, before)
    assert not np.array_equal(one, surround(signal, np.random.default_rng(4)))


def test_silence_stays_silence():
    nothing = np.zeros(8_000, np.float32)
    for seed in range(20):
        assert not surround(nothing, np.random.default_rng(seed)).any()


@pytest.fixture(scope="module")
def heard() -> list[np.ndarray]:
    return [surround(voice(), np.random.default_rng(seed)) for seed in range(120)]


def test_the_voice_is_still_there(heard):
    alike = [abs(np.corrcoef(voice(), each)[0, 1]) for each in heard]
    assert np.median(alike) > 0.8
    assert min(alike) > 0.2


def test_some_come_through_a_telephone_and_some_in_noise(heard):
    high = np.array([power_above(each, 4_000.0) for each in heard])
    pauses = np.array([np.square(each[voice() == 0.0]).mean() / np.square(each).mean() for each in heard])
    # Of four kinds one is a telephone, and the lowest Opus is as narrow.
    assert power_above(voice(), 4_000.0) > 1e-2
    assert 0.1 < (high < 1e-4).mean() < 0.6
    # A codec alone leaves pauses silent; what lies behind a voice does not.
    assert (pauses > 1e-3).mean() > 0.5
    assert (pauses < 1e-3).any()
