"""Sequences of MFCC and of mel bands, against librosa."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from emotrace.features import mel_frames, mfcc_frames

RATE = 22_050


@pytest.fixture(scope="module")
def signal() -> np.ndarray:
    t = np.arange(2 * RATE) / RATE
    noise = 0.01 * np.random.default_rng(0).standard_normal(t.size)
    return (0.3 * np.sin(2 * np.pi * (180 * t + 60 * t**2)) * np.sin(2 * t) + noise).astype(np.float32)


def test_mfcc_and_their_slopes(signal):
    mfcc = librosa.feature.mfcc(y=signal, sr=RATE, n_mfcc=20)
    theirs = np.concatenate([mfcc, librosa.feature.delta(mfcc), librosa.feature.delta(mfcc, order=2)])
    ours = mfcc_frames.extract(signal, RATE)
    np.testing.assert_allclose(ours, theirs.T, rtol=1e-3, atol=0.02)
    assert mfcc_frames.NAMES[::20] == ("mfcc_01", "mfcc_01_delta", "mfcc_01_delta2")


def test_mel_bands_in_decibels(signal):
    theirs = librosa.power_to_db(librosa.feature.melspectrogram(y=signal, sr=RATE))
    np.testing.assert_allclose(mel_frames.extract(signal, RATE), theirs.T, rtol=1e-3, atol=0.01)
    assert mel_frames.NAMES[:2] == ("mel_001_db", "mel_002_db")


@pytest.mark.parametrize("feature_set", [mfcc_frames, mel_frames])
@pytest.mark.parametrize("n_samples", [1, 511, 512, 3_000])
def test_a_frame_every_512_samples_however_short(feature_set, n_samples):
    for signal in (np.zeros(n_samples, np.float32), np.ones(n_samples, np.float32)):
        values = feature_set.extract(signal, RATE)
        assert values.shape == (1 + n_samples // 512, len(feature_set.NAMES))
        assert np.isfinite(values).all()


@pytest.mark.parametrize("feature_set", [mfcc_frames, mel_frames])
def test_errors_say_what_is_wanted(feature_set):
    with pytest.raises(ValueError, match="is defined at 22050 Hz, got 16000 Hz; resample first"):
        feature_set.extract(np.zeros(10, np.float32), 16_000)
