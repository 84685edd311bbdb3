"""The demo recording, listened to by measuring it."""

from __future__ import annotations

import io
from importlib.resources import files

import librosa
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

DEMO = files("emotrace.assets").joinpath("demo-call.flac")

# Where the caller (right channel) says "It is twice as high as usual" and "I want it back ... today!".
ORDINARY_SECONDS = (7.0, 9.5)
HEATED_SECONDS = (35.0, 37.5)


@pytest.fixture(scope="module")
def demo() -> tuple[NDArray[np.float32], int]:
    signal, sampling_rate = soundfile.read(io.BytesIO(DEMO.read_bytes()), dtype="float32")
    return signal.T, sampling_rate


def test_is_a_stereo_telephone_call_of_about_a_minute() -> None:
    data = DEMO.read_bytes()
    assert len(data) <= 1_000_000
    info = soundfile.info(io.BytesIO(data))
    assert (info.format, info.subtype, info.channels, info.samplerate) == ("FLAC", "PCM_16", 2, 8000)
    assert 50 <= info.duration <= 75


def test_is_loud_enough_and_not_clipped(demo: tuple[NDArray[np.float32], int]) -> None:
    signal, _ = demo
    peak_db = 20 * np.log10(np.abs(signal).max(axis=1))
    assert -15 < peak_db[0] < -3, "the agent"
    assert -4 < peak_db[1] < -1, "the caller"
    assert abs(signal.mean()) < 1e-3


def test_both_take_turns_with_pauses(demo: tuple[NDArray[np.float32], int]) -> None:
    signal, sampling_rate = demo
    frames = signal[:, : signal.shape[1] // 800 * 800].reshape(2, -1, 800)  # 0.1 s
    is_loud = np.sqrt((frames**2).mean(axis=2)) > 10 ** (-50 / 20)
    assert sampling_rate == 8000
    assert (is_loud.mean(axis=1) > 0.25).all()
    assert (is_loud.mean(axis=1) < 0.5).all()
    assert 0.1 < (~is_loud.any(axis=0)).mean() < 0.4, "pauses"
    assert 0.0 < is_loud.all(axis=0).mean() < 0.05, "one of them cuts the other short"


def test_the_line_is_never_digitally_silent(demo: tuple[NDArray[np.float32], int]) -> None:
    signal, _ = demo
    frames = signal[:, : signal.shape[1] // 400 * 400].reshape(2, -1, 400)
    noise_db = 20 * np.log10(np.sqrt((frames**2).mean(axis=2)).min(axis=1))
    assert (noise_db > -75).all()
    assert (noise_db < -60).all()


def test_the_caller_becomes_heated(demo: tuple[NDArray[np.float32], int]) -> None:
    signal, sampling_rate = demo

    def heard(span: tuple[float, float]) -> tuple[float, float]:
        part = signal[1, round(span[0] * sampling_rate) : round(span[1] * sampling_rate)]
        pitch = librosa.yin(part, fmin=60, fmax=400, sr=sampling_rate, frame_length=512, hop_length=160)
        level = librosa.feature.rms(y=part, frame_length=512, hop_length=160)[0][: len(pitch)]
        is_voiced = (level > 0.3 * level.max()) & (pitch < 390)
        return float(np.median(pitch[is_voiced])), float(20 * np.log10(level.max()))

    (ordinary_hz, ordinary_db), (heated_hz, heated_db) = heard(ORDINARY_SECONDS), heard(HEATED_SECONDS)
    assert heated_hz > 1.4 * ordinary_hz
    assert heated_db > ordinary_db + 6
