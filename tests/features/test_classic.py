"""The classic feature sets against librosa and SciPy, which compute them independently."""

from __future__ import annotations

from importlib.resources import files

import librosa
import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace import registry
from emotrace.audio.load import load_audio
from emotrace.features import means180, means184, mfcc20, mfcc40, stats70
from emotrace.features._slopes import slopes
from emotrace.features._spectra import Spectra
from emotrace.features._summary import statistics

RATES = (16_000, 22_050, 48_000)
CLASSIC = (means180, means184, mfcc20, mfcc40, stats70)


def make_signals(rate: int) -> dict[str, np.ndarray]:
    t = np.arange(2 * rate) / rate
    rng = np.random.default_rng(3)
    glide = np.sin(2 * np.pi * (180.0 * t + 40.0 * t**2)) * 0.3
    speech = load_audio(str(files("emotrace.assets") / "demo-call.flac"), rate, channel=1)
    return {
        "speech": speech[12 * rate : 16 * rate],
        "glide": glide.astype(np.float32),
        "noise": rng.uniform(-0.5, 0.5, rate).astype(np.float32),
        "quiet": (1e-4 * rng.standard_normal(rate)).astype(np.float32),
        "half silent": np.concatenate([np.zeros(rate), 0.2 * rng.standard_normal(rate)]).astype(np.float32),
    }


def assert_near(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Agree to a thousandth of the value, or of the largest where a value is all but nothing."""
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5 * np.abs(theirs).max())


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", ["speech", "glide", "noise", "quiet", "half silent"])
def test_agrees_with_librosa(name, rate):
    x = make_signals(rate)[name]
    spectra = Spectra(x, rate)
    magnitude = np.abs(librosa.stft(x))
    theirs = {
        "mel_power": librosa.feature.melspectrogram(y=x, sr=rate),
        "chroma": librosa.feature.chroma_stft(S=magnitude, sr=rate),
        "centroid": librosa.feature.spectral_centroid(y=x, sr=rate),
        "contrast": librosa.feature.spectral_contrast(y=x, sr=rate),
        "rms": librosa.feature.rms(y=x),
        "zero_crossing_rate": librosa.feature.zero_crossing_rate(x),
        "roll_off": librosa.feature.spectral_rolloff(y=x, sr=rate),
    }
    assert spectra.tuning == pytest.approx(librosa.estimate_tuning(S=magnitude, sr=rate))
    for quantity, matrix in theirs.items():
        assert getattr(spectra, quantity).shape == matrix.T.shape, quantity
        assert_near(getattr(spectra, quantity).mean(axis=0), matrix.mean(axis=1))
    mfcc = librosa.feature.mfcc(y=x, sr=rate, n_mfcc=40)
    np.testing.assert_allclose(spectra.mfcc(40), mfcc.T, rtol=1e-3, atol=0.02)


@pytest.mark.parametrize("order", [1, 2])
def test_slopes_agree_with_librosa(order):
    values = np.random.default_rng(0).standard_normal((40, 5)).astype(np.float32)
    assert_near(slopes(values, order), librosa.feature.delta(values.T, order=order).T)


def test_slopes_of_a_short_signal_are_finite_and_of_a_line_exact():
    line = np.arange(30, dtype=np.float32)[:, np.newaxis] * 0.5
    np.testing.assert_allclose(slopes(line, 1), 0.5, rtol=1e-5)
    assert slopes(line[:3], 1).shape == (3, 1)
    assert np.isfinite(slopes(line[:1], 2)).all()


@given(st.lists(st.floats(-1e3, 1e3, width=32), min_size=2, max_size=60))
@settings(max_examples=50)
def test_statistics_agree_with_scipy(numbers):
    values = np.array(numbers, dtype=np.float32)
    ours = statistics(values)
    assert np.isfinite(ours).all()
    wide = values.astype(np.float64)
    np.testing.assert_allclose(ours[:3], [wide.mean(), np.median(wide), wide.std()], rtol=1e-4, atol=1e-4)
    if wide.std() > 1e-3 * (1.0 + abs(wide.mean())):
        np.testing.assert_allclose(
            ours[3:5], [scipy.stats.skew(wide), scipy.stats.kurtosis(wide)], rtol=1e-3, atol=1e-3
        )


def test_means180_are_the_picture_sessions():
    x = make_signals(16_000)["speech"]
    magnitude = np.abs(librosa.stft(x))
    theirs = np.hstack(
        [
            librosa.feature.mfcc(y=x, sr=16_000, n_mfcc=40).mean(axis=1),
            librosa.feature.chroma_stft(S=magnitude, sr=16_000).mean(axis=1),
            librosa.feature.melspectrogram(y=x, sr=16_000).mean(axis=1),
        ]
    )
    np.testing.assert_allclose(means180.extract(x, 16_000), theirs, rtol=1e-3, atol=1e-3)
    assert (len(means180.NAMES), means180.NAMES[0], means180.NAMES[-1]) == (
        180,
        "mfcc_01_mean",
        "mel_power_128_mean",
    )


def test_means184_begin_with_loudness_and_brightness():
    x = make_signals(22_050)["speech"]
    row = dict(zip(means184.NAMES, means184.extract(x, 22_050).tolist(), strict=True))
    assert len(row) == 184
    assert list(row)[:5] == [
        "rms_mean",
        "centroid_mean",
        "roll_off_mean",
        "zero_crossing_rate_mean",
        "chroma_01_mean",
    ]
    assert row["rms_mean"] == pytest.approx(librosa.feature.rms(y=x).mean(), rel=1e-3)
    assert row["roll_off_mean"] == pytest.approx(librosa.feature.spectral_rolloff(y=x, sr=22_050).mean(), rel=1e-3)


def test_stats70_name_seventy():
    x = make_signals(16_000)["speech"]
    row = dict(zip(stats70.NAMES, stats70.extract(x, 16_000).tolist(), strict=True))
    assert len(row) == 70
    contrast = librosa.feature.spectral_contrast(y=x, sr=16_000)
    assert row["contrast_median"] == pytest.approx(np.median(contrast), rel=1e-3)
    assert row["mfcc_delta2_max"] == pytest.approx(
        librosa.feature.delta(librosa.feature.mfcc(y=x, sr=16_000), order=2).max(), rel=1e-3
    )


@pytest.mark.parametrize("feature_set", CLASSIC, ids=lambda m: m.__name__.rsplit(".", 1)[-1])
@pytest.mark.parametrize("n_samples", [1, 100, 2_048, 5_000])
def test_short_and_silent_signals_give_finite_numbers(feature_set, n_samples):
    silence = np.zeros(n_samples, dtype=np.float32)
    assert np.isfinite(feature_set.extract(silence, feature_set.SAMPLING_RATE)).all()
    click = silence.copy()
    click[0] = 1.0
    assert np.isfinite(feature_set.extract(click, feature_set.SAMPLING_RATE)).all()


@pytest.mark.parametrize("feature_set", CLASSIC, ids=lambda m: m.__name__.rsplit(".", 1)[-1])
def test_errors_say_what_is_wanted(feature_set):
    rate = feature_set.SAMPLING_RATE
    with pytest.raises(ValueError, match=f"is defined at {rate} Hz, got 8000 Hz; resample first"):
        feature_set.extract(np.zeros(10, np.float32), 8_000)
    with pytest.raises(ValueError, match="the signal holds no sample; at least one is needed"):
        feature_set.extract(np.zeros(0, np.float32), rate)
    with pytest.raises(ValueError, match="holds samples that are NaN or infinite: 4000 of 4000"):
        feature_set.extract(np.full(4_000, np.nan, np.float32), rate)
    with pytest.raises(ValueError, match=r"must have shape \(n_samples,\), got \(2, 4000\); give one channel"):
        feature_set.extract(np.zeros((2, 4_000), np.float32), rate)


def test_the_names_are_found():
    assert {"means180", "means184", "mfcc20", "mfcc40", "stats70"} <= set(registry.names("feature set"))
