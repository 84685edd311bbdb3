from __future__ import annotations

import math

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace.features import log_mel

RATE = log_mel.SAMPLING_RATE
FLOOR_DB = -100.0001  # single precision cannot say 1e-10 exactly


def noise(n_samples: int, seed: int = 0, peak: float = 0.5) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-peak, peak, n_samples).astype(np.float32)


def tone(hz: float, seconds: float = 0.5, amplitude: float = 0.5) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def librosa_log_mel(signal: np.ndarray) -> np.ndarray:
    """Compute the same front end with an independent implementation."""
    power = librosa.feature.melspectrogram(
        y=signal,
        sr=RATE,
        n_fft=512,
        hop_length=256,
        center=False,
        window="hann",
        power=2.0,
        n_mels=64,
        fmin=40.0,
        fmax=8000.0,
        htk=False,
        norm="slaney",
    )
    return 10.0 * np.log10(np.maximum(power.T, 1e-10))


SIGNALS = {
    "noise": noise(RATE),
    "quiet noise": noise(RATE, peak=1e-4),
    "full-scale noise": noise(RATE, peak=1.0),
    "one frame": noise(512),
    "one sample short of three frames": noise(512 + 2 * 256 - 1),
    "tone": tone(440.0),
    "tones far apart": tone(100.0, amplitude=0.9) + tone(7000.0, amplitude=1e-3),
    "click": np.eye(1, RATE, 3000, dtype=np.float32)[0],
    "chirp": librosa.chirp(fmin=60, fmax=7900, sr=RATE, duration=1.0).astype(np.float32),
    "silence": np.zeros(RATE, dtype=np.float32),
    "DC": np.full(RATE, 0.5, dtype=np.float32),
}


@pytest.mark.parametrize("name", SIGNALS)
def test_equals_librosa(name):
    signal = SIGNALS[name]
    ours, theirs = log_mel.extract(signal, RATE), librosa_log_mel(signal)
    assert ours.shape == theirs.shape
    # Far below the loudest band, single precision leaves noise of its own.
    audible = theirs > max(theirs.max() - 90.0, -99.0)
    np.testing.assert_allclose(ours[audible], theirs[audible], atol=0.02)
    np.testing.assert_allclose(ours, theirs, atol=6.0)


def test_filters_equal_librosa():
    theirs = librosa.filters.mel(sr=RATE, n_fft=512, n_mels=64, fmin=40.0, fmax=8000.0, htk=False, norm="slaney")
    np.testing.assert_allclose(log_mel.mel_filters(), theirs, rtol=1e-4, atol=1e-8)


def test_every_band_hears_something():
    assert (log_mel.mel_filters().max(axis=1) > 0.0).all()


def test_window_is_periodic_hann():
    theirs = librosa.filters.get_window("hann", 512, fftbins=True)
    np.testing.assert_allclose(log_mel.hann_window(), theirs, atol=1e-7)


@given(st.floats(0.0, 20_000.0))
def test_mel_scale_equals_librosa_and_goes_back(hz):
    mel = log_mel.hz_to_mel(np.array([hz]))
    assert mel[0] == pytest.approx(librosa.hz_to_mel(hz), rel=1e-9, abs=1e-12)
    assert log_mel.mel_to_hz(mel)[0] == pytest.approx(hz, rel=1e-9, abs=1e-9)


@given(st.integers(0, 5_000))
def test_number_of_frames(n_samples):
    frames = log_mel.extract(noise(n_samples), RATE)
    assert frames.shape == (log_mel.n_frames(n_samples), 64)
    # Counted another way: every start of a hop from which a whole frame still fits.
    assert len(frames) == sum(1 for start in range(0, n_samples, 256) if start + 512 <= n_samples)
    assert frames.dtype == np.float32


@settings(max_examples=30)
@given(st.integers(0, 20), st.integers(0, 2**32 - 1))
def test_a_shift_by_hops_shifts_the_frames(n_hops, seed):
    signal = noise(20 * 256 + 2048, seed)
    np.testing.assert_allclose(
        log_mel.extract(signal[256 * n_hops :], RATE), log_mel.extract(signal, RATE)[n_hops:], atol=1e-3
    )


@settings(max_examples=30)
@given(st.floats(-60.0, 0.0), st.integers(0, 2**32 - 1))
def test_gain_moves_all_bands_alike(gain_db, seed):
    signal = noise(2048, seed, peak=1.0)
    louder = log_mel.extract(signal, RATE)
    quieter = log_mel.extract((signal * 10 ** (gain_db / 20)).astype(np.float32), RATE)
    np.testing.assert_allclose(quieter, np.maximum(louder + gain_db, -100.0), atol=0.01)


@settings(max_examples=30)
@given(st.floats(0.0, 1.0), st.integers(0, 2**32 - 1))
def test_nothing_lies_below_the_floor(peak, seed):
    frames = log_mel.extract(noise(2048, seed, peak), RATE)
    assert np.isfinite(frames).all()
    assert frames.min() >= FLOOR_DB


def test_silence_is_the_floor():
    np.testing.assert_allclose(log_mel.extract(np.zeros(2048, dtype=np.float32), RATE), -100.0, rtol=1e-6)


@pytest.mark.parametrize("hz", [150.0, 440.0, 1_000.0, 3_000.0, 7_000.0])
def test_a_tone_is_loudest_in_its_own_band(hz):
    frames = log_mel.extract(tone(hz), RATE)
    edges_hz = log_mel.mel_to_hz(np.linspace(*log_mel.hz_to_mel(np.array([40.0, 8000.0])), 66))
    loudest = frames.mean(axis=0).argmax()
    assert edges_hz[loudest] <= hz <= edges_hz[loudest + 2]


def test_level_of_white_noise_is_what_theory_says():
    # Periodogram of white noise: variance times the window's energy; a filter of unit area in Hz sums to
    # the number of bins per Hz.
    sigma = 0.1
    signal = np.random.default_rng(0).normal(0.0, sigma, 10 * RATE).astype(np.float32)
    power = 10 ** (log_mel.extract(signal, RATE)[:, -10:].astype(np.float64) / 10)
    expected = sigma**2 * np.sum(log_mel.hann_window() ** 2) * 512 / RATE
    assert 10 * math.log10(power.mean() / expected) == pytest.approx(0.0, abs=0.2)


def test_names_are_by_band():
    assert len(log_mel.NAMES) == 64
    assert log_mel.NAMES[0] == "log_mel_00_db"
    assert log_mel.NAMES[-1] == "log_mel_63_db"


def test_takes_any_layout_of_memory():
    signal = noise(4096)
    np.testing.assert_array_equal(log_mel.extract(np.repeat(signal, 2)[::2], RATE), log_mel.extract(signal, RATE))


@pytest.mark.parametrize("rate", [8_000, 44_100, 0])
def test_other_rates_are_refused(rate):
    with pytest.raises(ValueError, match=f"log-mel is defined at 16000 Hz, got {rate} Hz; resample first"):
        log_mel.extract(noise(1024), rate)


def test_two_channels_are_refused():
    with pytest.raises(ValueError, match=r"signal must have shape \(n_samples,\), got \(2, 512\)"):
        log_mel.extract(noise(1024).reshape(2, 512), RATE)
