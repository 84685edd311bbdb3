from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.made_voice import RATE, make_voice

from emotrace.audio.resample import resample
from emotrace.learn.evaluation._fingerprint import (
    BANDS_PER_SEMITONE,
    FRAME_SECONDS,
    N_BANDS,
    SAMPLING_RATE,
    moving_mean,
    take_fingerprint,
)


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    return resample(make_voice(3), RATE, SAMPLING_RATE)


def test_a_frame_stands_for_16_ms(voice):
    fingerprint = take_fingerprint(voice, SAMPLING_RATE)
    assert fingerprint.ripple.dtype == np.int8
    assert fingerprint.ripple.shape == (1 + voice.size // 128, N_BANDS)
    assert fingerprint.seconds == pytest.approx(voice.size / SAMPLING_RATE, abs=FRAME_SECONDS)
    assert fingerprint.shapes().shape == fingerprint.movements().shape == fingerprint.ripple.shape


@pytest.mark.parametrize("gain", [0.01, 0.5, 3.0])
def test_gain_changes_nothing(voice, gain):
    plain = take_fingerprint(voice, SAMPLING_RATE).ripple.astype(int)
    loud = take_fingerprint(np.float32(gain) * voice, SAMPLING_RATE).ripple.astype(int)
    # Thirds of a decibel, which may be rounded either way.
    assert np.abs(plain - loud).max() <= 1


def test_a_tone_stands_where_it_belongs():
    time = np.arange(SAMPLING_RATE) / SAMPLING_RATE
    loudness = 0.3 * np.sin(2 * np.pi * 2 * time) ** 2
    for octaves in (2.0, 2.5, 4.0):
        tone = loudness * np.sin(2 * np.pi * 110.0 * 2.0**octaves * time)
        ripple = take_fingerprint(tone.astype(np.float32), SAMPLING_RATE).ripple
        assert np.unravel_index(ripple.argmax(), ripple.shape)[1] == pytest.approx(24 * octaves, abs=1)
    assert BANDS_PER_SEMITONE == 2


def test_noise_in_the_pauses_leaves_no_ripple(voice):
    noise = 0.02 * np.random.default_rng(1).standard_normal(3 * SAMPLING_RATE)
    noise[: voice.size] += voice
    ripple = take_fingerprint(noise.astype(np.float32), SAMPLING_RATE).ripple / 3.0
    pause = ripple[round((voice.size / SAMPLING_RATE + 0.2) / FRAME_SECONDS) :]
    speech = ripple[round(0.3 / FRAME_SECONDS) : round(1.5 / FRAME_SECONDS)]
    assert np.square(pause).mean() < 0.05 * np.square(speech).mean()


@pytest.mark.parametrize(
    "signal",
    [np.zeros(0), np.zeros(1), np.zeros(SAMPLING_RATE), np.full(SAMPLING_RATE, 0.5), make_voice(1)[:6_000]],
    ids=["nothing", "one sample", "silence", "direct current", "too short"],
)
def test_where_nothing_sounds_there_is_none(signal):
    fingerprint = take_fingerprint(signal.astype(np.float32), SAMPLING_RATE)
    assert fingerprint.is_empty
    assert fingerprint.ripple.shape == (0, N_BANDS)


def test_long_recordings_are_done_in_pieces_that_do_not_show(voice, monkeypatch):
    whole = take_fingerprint(voice, SAMPLING_RATE).ripple
    monkeypatch.setattr("emotrace.learn.evaluation._fingerprint._FRAMES_AT_ONCE", 7)
    np.testing.assert_array_equal(take_fingerprint(voice, SAMPLING_RATE).ripple, whole)


@pytest.mark.parametrize(
    ("signal", "rate", "sentence"),
    [
        (np.zeros(9, np.float32), 16_000, "defined at 8000 Hz, got 16000 Hz"),
        (np.zeros((2, 9), np.float32), 8_000, r"shape \(n_samples,\) and be finite, got \(2, 9\)"),
        (np.full(9, np.nan, np.float32), 8_000, "be finite"),
    ],
)
def test_what_is_no_signal_is_refused(signal, rate, sentence):
    with pytest.raises(ValueError, match=sentence):
        take_fingerprint(signal, rate)


@given(n_rows=st.integers(1, 40), width=st.integers(1, 35), seed=st.integers(0, 99))
def test_the_moving_mean_is_that_of_a_plain_loop(n_rows, width, seed):
    rows = np.random.default_rng(seed).normal(size=(n_rows, 3)).astype(np.float32)
    before = width // 2
    places = np.clip(np.arange(n_rows)[:, None] + np.arange(width) - before, 0, n_rows - 1)
    np.testing.assert_allclose(moving_mean(rows, width), rows[places].mean(axis=1), atol=1e-5)
