"""The statistics of a voice: of made voices, whose level, pitch and rhythm are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from emotrace.features._voice_frames import RATE, VoiceFrames
from emotrace.features.voice_functionals import _FULL, NAMES, SAMPLING_RATE, _statistics, extract


def voice(hz: float = 200.0, seconds: float = 1.5, noise: float = 0.001, seed: int = 0) -> np.ndarray:
    """Make a voice of many harmonics, falling by 6 dB an octave."""
    time = np.arange(round(seconds * RATE)) / RATE
    harmonics = np.arange(1, int(4_000 / hz) + 1)
    tone = (np.sin(2 * np.pi * hz * harmonics[:, None] * time) / harmonics[:, None]).sum(axis=0)
    noises = np.random.default_rng(seed).normal(0.0, noise, time.size)
    return (0.1 * tone + noises).astype(np.float32)


def measure(signal: np.ndarray) -> dict[str, float]:
    return dict(zip(NAMES, extract(signal, SAMPLING_RATE).tolist(), strict=True))


def test_statistics_agree_with_scipy():
    values = np.random.default_rng(0).gamma(2.0, size=(200, 3))
    found = dict(zip(_FULL, _statistics(values).T, strict=True))
    np.testing.assert_allclose(found["skew"], stats.skew(values), atol=1e-9)
    np.testing.assert_allclose(found["kurtosis"], stats.kurtosis(values), atol=1e-9)
    np.testing.assert_allclose(found["p25"], np.quantile(values, 0.25, axis=0))
    lines = [100 * stats.linregress(np.arange(200), column).slope for column in values.T]
    np.testing.assert_allclose(found["slope"], lines)


def test_what_does_not_vary_has_no_shape():
    found = _statistics(np.full((20, 1), 5.0))[0]
    assert found.tolist() == [5, 0, 5, 5, 5, 5, 5, 0, 0, 0, 0]


@pytest.mark.parametrize("hz", [110.0, 200.0, 330.0])
def test_pitch_is_in_semitones_above_55_hz(hz):
    assert measure(voice(hz))["pitch_p50"] == pytest.approx(12 * np.log2(hz / 55.0), abs=0.1)


def test_noise_takes_the_harmonics_away():
    clean, noisy = (measure(voice(noise=level))["harmonics_mean"] for level in (0.001, 0.03))
    assert clean > noisy + 5.0


def test_gain_moves_levels_and_no_shapes():
    loud, soft = measure(voice()), measure(0.1 * voice())
    assert loud["speech_level_mean"] - soft["speech_level_mean"] == pytest.approx(20.0, abs=0.01)
    for name in (
        "speech_centroid_mean",
        "pitch_mean",
        "speech_level_sd",
        "speech_alpha_ratio_mean",
        "voiced_share",
    ):
        assert soft[name] == pytest.approx(loud[name], rel=1e-3, abs=1e-3)


def test_quiet_ends_are_no_speech():
    alone = measure(voice())
    framed = measure(np.concatenate([np.zeros(8_000, np.float32), voice(), np.zeros(8_000, np.float32)]))
    assert framed["speech_seconds"] == pytest.approx(alone["speech_seconds"], abs=0.05)
    assert framed["speech_level_p50"] == pytest.approx(alone["speech_level_p50"], abs=0.1)
    assert framed["speech_share"] < 0.7 < alone["speech_share"]


def test_pauses_are_counted():
    pause = np.zeros(RATE // 2, np.float32)
    found = measure(np.concatenate([voice(seconds=0.8), pause, voice(seconds=0.8), pause, voice(seconds=0.8)]))
    assert found["pauses_per_second"] * found["speech_seconds"] == pytest.approx(2.0)
    assert found["pause_seconds_mean"] == pytest.approx(0.5, abs=0.05)


def test_swelling_is_heard_at_its_rate():
    time = np.arange(2 * RATE) / RATE
    slow, fast = (
        measure(((1.2 + np.sin(2 * np.pi * hz * time)) * voice(seconds=2.0)).astype(np.float32))
        for hz in (4.0, 10.0)
    )
    assert slow["modulation_level_from_3_hz"] > fast["modulation_level_from_3_hz"] + 0.5
    assert fast["modulation_level_from_8_hz"] > slow["modulation_level_from_8_hz"] + 0.5


@pytest.mark.parametrize(
    "signal",
    [np.zeros(1), np.zeros(RATE), np.full(RATE, 0.3), np.eye(1, RATE, 8_000)[0], np.ones(300)],
    ids=["one sample", "silence", "constant", "click", "short"],
)
def test_sounds_without_a_voice_give_finite_numbers(signal):
    values = extract(signal.astype(np.float32), SAMPLING_RATE)
    assert np.isfinite(values).all()
    assert dict(zip(NAMES, values.tolist(), strict=True))["pitch_mean"] == 0.0


def test_mel_bands_and_level_of_a_tone():
    tone = (0.5 * np.sin(2 * np.pi * 1_000 * np.arange(RATE) / RATE)).astype(np.float32)
    frames = VoiceFrames(tone)
    assert frames.shape[10, 1] == pytest.approx(1_000, abs=20)
    assert frames.mel[10].argmax() in (11, 12, 13, 14)
    assert 10 * np.log10(frames.power[10].max()) == pytest.approx(-6.0, abs=0.2)


@pytest.mark.parametrize(
    ("signal", "rate", "says"),
    [
        (np.zeros(0), RATE, "the signal holds no sample"),
        (np.zeros((2, 100)), RATE, "signal must have shape"),
        (np.array([0.0, np.nan]), RATE, "NaN or infinite: 1 of 2"),
        (np.zeros(100), 8_000, "voice-functionals is defined at 16000 Hz, got 8000 Hz"),
    ],
)
def test_what_is_no_signal_is_refused(signal, rate, says):
    with pytest.raises(ValueError, match=says):
        extract(signal.astype(np.float32), rate)
